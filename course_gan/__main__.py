"""`python -m course_gan` is the `course-gan` command."""

from course_gan.cli import main

if __name__ == "__main__":
    main(prog_name="course-gan")
