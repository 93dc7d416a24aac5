"""The maintainer's workshop, which nobody needs to take the course: notebooks/ and exercises/ from source/."""
