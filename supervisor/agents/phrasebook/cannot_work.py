"""The one error of the program: it cannot do what it is asked, and says so in a line."""


class CannotWork(Exception):
    """What is wrong and what to do about it; the program ends with EX_CONFIG."""
