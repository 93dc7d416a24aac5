"""The lessons: what a notebook uses (notebook), where they are (find), building them (build), running them (run)."""
