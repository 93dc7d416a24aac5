"""Where the checkout is: the package is always installed editable, so its data lie beside it."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
