"""``ancra strategies``: a table and a line in words, JSON and CSV, and one sentence for bad input."""

import csv
import json

import pytest


def test_a_table_a_line_json_and_csv(ancra, tmp_path):
    file = tmp_path / "found.csv"
    given = ("strategies", "digits/trades-ancra", "--split", "test", "--batch-size", 40, "--csv", file)
    code, out, err = ancra(*given)
    assert (code, err) == (0, "")
    assert "Targeted attack" in out.splitlines()[0]
    assert out.splitlines()[-1].startswith("digits/trades-ancra, test images of digits: 40 anchors in 1 batch.")
    rows = list(csv.DictReader(line for line in file.open() if not line.startswith("#")))
    found = json.loads(ancra(*given, "--json")[1])
    assert found["anchors"] == 40
    (similarity,) = [row for row in rows if (row["strategy"], row["measure"]) == ("soft_ls", "similarity")]
    assert float(similarity["value"]) == found["strategies"]["soft_ls"]["measures"]["similarity"]["value"]
    assert sum(map(sum, found["strategies"]["random"]["pairs"])) == 40


def test_all_batches_from_the_store_the_second_time(ancra, monkeypatch):
    given = ("strategies", "digits/trades-ancra", "--split", "test", "--batches", "all", "--store", "--json")
    given = (*given, "--strategies", "random,soft_ls", "--batch-size", 200)
    first = json.loads(ancra(*given)[1])
    assert (first["anchors"], first["batches"]) == (450, 3)
    monkeypatch.setattr("ancra.strategies.population.observe", None)
    assert json.loads(ancra(*given)[1]) == first
    divided = json.loads(ancra(*given, "--alpha", 0.25)[1])
    forces = [each["strategies"]["soft_ls"]["measures"]["negative_logits"]["value"] for each in (first, divided)]
    assert forces[1] == pytest.approx(0.25 * forces[0])


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("--strategies", "hard_l"), "There is no negative strategy named 'hard_l'; did you mean 'hard_ls'?"),
        (("--alpha", "1.5"), "alpha = 1.5 does not work: it is the share of the force on the negative, from 0 to 1."),
        (("--split", "tset"), "These batches: split = 'tset' does not work"),
        (("--batches", "some"), "--batches takes a number above 0, or all; got 'some'."),
        (("--batch-size", "1"), "batch_size = 1 does not work"),
        (("--csv", "/dev/null/found.csv"), "cannot be written"),
    ],
)
def test_bad_input_gives_one_sentence(ancra, given, says):
    code, _, err = ancra("strategies", "digits/trades-ancra", "--batch-size", "20", *given)
    assert code == 2
    assert says in err
    assert err.count("\n") == 1
