"""Lines put into order: every order that keeps the rules is right, and a wrong one is told one pair and why."""

import itertools

import pytest

from course_gan.grading.ordering import Before, Order

RULES = (
    Before("Q", "R", "what is not drawn cannot be judged"),
    Before("R", "S", "a step needs a loss"),
)
ORDER = Order("PQRS", RULES)


def test_right_are_all_orders_that_keep_the_rules_and_no_other():
    accepted = {"".join(order) for order in itertools.permutations("PQRS") if ORDER.complaint("".join(order)) is None}
    assert accepted == {"PQRS", "QPRS", "QRPS", "QRSP"}


@pytest.mark.parametrize("answer", ["q r s p", "Q, R, S, P", "QRSP\n", ["Q", "R", "S", "P"], ("q", "r", "s", "p")])
def test_how_the_letters_are_written_does_not_matter(answer):
    assert ORDER.complaint(answer) is None


def test_a_wrong_order_is_told_the_first_broken_rule_and_why():
    expected = "expected Q somewhere before R, got it after: what is not drawn cannot be judged"
    assert ORDER.complaint("SRQP") == expected
    assert ORDER.complaint("QSRP") == "expected R somewhere before S, got it after: a step needs a loss"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("QRS", "'QRS', without P"),
        ("QR", "'QR', without P, S"),
        ("PQRSS", "'PQRSS', which has others or some twice"),
        ("PQRSX", "'PQRSX', which has others or some twice"),
        ("", "'', without P, Q, R, S"),
        (None, "got None"),
        (3, "got 3"),
        ([1, 2], "got (1, 2)"),
    ],
)
def test_what_is_no_order_of_the_letters_is_told_so_in_a_line(answer, told):
    complaint = ORDER.complaint(answer)
    assert complaint.startswith("expected ")
    assert "the letters PQRS, each once" in complaint
    assert told in complaint
    assert "\n" not in complaint


def test_a_description_that_no_order_can_keep_is_refused():
    with pytest.raises(ValueError, match="cycle"):
        Order("PQ", (Before("P", "Q", "one"), Before("Q", "P", "two")))
    with pytest.raises(ValueError, match="a rule is about 'X', but the letters are PQ"):
        Order("PQ", (Before("P", "X", "why"),))
    with pytest.raises(ValueError, match="each line has one capital letter of its own"):
        Order("PQP", ())
    with pytest.raises(ValueError, match="each line has one capital letter of its own"):
        Order("pq", ())
