"""All of grading that may enter a sandbox: it touches what the learner made and knows no answer."""
