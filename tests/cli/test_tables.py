from symprop.cli.tables import count, number, pairs, table


def test_a_table_has_words_to_the_left_and_numbers_to_the_right():
    assert table(["name", "n"], [["a", "1"], ["longer", "1,000"]], right=["n"]) == (
        "name        n\n"
        "a           1\n"
        "longer  1,000"
    )  # fmt: skip


def test_empty_cells_leave_no_spaces_at_the_end():
    assert table(["a", "b"], [["x", ""]]) == "a  b\nx"


def test_pairs_stand_below_each_other():
    assert pairs([("loss", "mse"), ("optimizer", "adam")]) == "loss       mse\noptimizer  adam"
    assert pairs([]) == ""


def test_numbers():
    assert [number(0.123456), number(None), number(1e-12), number(float("nan"))] == ["0.1235", "-", "1e-12", "nan"]
    assert count(1234567) == "1,234,567"
