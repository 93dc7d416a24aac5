"""Without a page: lessons executed headless, and trainings from the command line."""
