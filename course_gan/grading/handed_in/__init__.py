"""What a class handed in, looked at before and after nbgrader grades it: who needs a look, and why.

nbgrader gives 0 points for a copied cell, lost metadata or "01_minimax_game (1).ipynb" as for a wrong answer. Nothing
here executes or imports anything of a hand-in: notebooks are read as JSON.
"""
