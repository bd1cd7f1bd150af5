import io
import os
import sys

import numpy as np
import pytest

from symprop.errors import DataError, MachineError
from symprop.train import DataLimits, TrainSettings, load_data
from tests.train.stand_in import logistic, regressor, softmax


def write(folder, text, name="d.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def load(module, path, **options):
    return load_data(module, TrainSettings(lr=0.1, **options), path)


def test_last_column_is_target_and_the_rest_are_features(tmp_path):
    path = write(tmp_path, "a,b,price\n1,2,3.5\n4,5e0,-6\n")
    data = load(regressor(), path)
    assert data.features["x"].tolist() == [[1, 2], [4, 5]]
    assert data.targets["y"].tolist() == [[3.5], [-6]]
    assert (data.columns, data.target_columns) == ({"x": ("a", "b")}, {"y": ("price",)})
    assert data.encodings["y"].task == "regression"


def test_bom_crlf_quotes_and_spaces_are_understood(tmp_path):
    path = write(tmp_path, b'\xef\xbb\xbf"a", b ,c\r\n" 1",2 ,"3"\r\n')
    data = load(regressor(), path)
    assert data.columns["x"] == ("a", "b")
    assert data.features["x"].tolist() == [[1, 2]]


def test_columns_and_column_choose_and_order(tmp_path):
    path = write(tmp_path, "id,b,y,a\nrow one,2,30,1\n")
    data = load(regressor(), path, columns={"x": ("a", "b")}, column={"y": "y"})
    assert data.features["x"].tolist() == [[1, 2]]
    assert data.targets["y"].tolist() == [[30]]


def test_several_target_columns(tmp_path):
    data = load(regressor(1, 2), write(tmp_path, "a,p,q\n1,2,3\n"))
    assert data.targets["y"].tolist() == [[2, 3]]


def test_columns_take_the_shape_of_the_input(tmp_path):
    module = regressor(4)
    module.INPUTS["x"]["shape"] = (2, 2)
    data = load(module, write(tmp_path, "a,b,c,d,y\n1,2,3,4,5\n"))
    assert data.features["x"].tolist() == [[[1, 2], [3, 4]]]


def test_standard_input(monkeypatch):
    stdin = io.TextIOWrapper(io.BytesIO(b"a,b,y\n1,2,x\n"))
    monkeypatch.setattr(sys, "stdin", stdin)
    with pytest.raises(DataError) as caught:
        load(regressor(), "-")
    assert str(caught.value) == (
        "<stdin>:2: column 'y': text; expected a number, got 'x'. Encode it as numbers, one column of 0 and 1 for each "
        "value, or leave it out with `columns`."
    )


GUESS = "Fill the gaps or remove those rows; symprop does not guess values."
TEXT = "Encode it as numbers, one column of 0 and 1 for each value, or leave it out with `columns`."
LF = "Write quotes in text twice, and end lines with LF."
SAVE = "Save it with commas between columns and decimal points in numbers."
WIDTH = "Name its columns in net.yaml with `columns`, or change its shape."
HEADER = "Add a first line with the names of the columns."
UTF8 = "Save it as CSV in UTF-8."
ONE = "a,b,y\n1,2,3\n"
FAULTY = {
    "missing": (
        "a,b,y\n1,,3\n2,NA,4\n",
        f":2: column 'b': missing value; expected a number, got '' (and 1 more in this column). {GUESS}",
    ),
    "nan": ("a,b,y\n1,nan,3\n", f":2: column 'b': missing value; expected a number, got 'nan'. {GUESS}"),
    "question": ("a,b,y\n1,?,3\n", f":2: column 'b': missing value; expected a number, got '?'. {GUESS}"),
    "inf": (
        "a,b,y\n1,-inf,3\n",
        ":2: column 'b': value is not finite; expected a number, got '-inf'. Correct it or remove the row.",
    ),
    "overflow": (
        "a,b,y\n1,1e999,3\n",
        ":2: column 'b': value is not finite; expected a number, got '1e999'. Correct it or remove the row.",
    ),
    "text": ("a,b,y\n1,red,3\n", f":2: column 'b': text; expected a number, got 'red'. {TEXT}"),
    "underscore": ("a,b,y\n1,1_000,3\n", f":2: column 'b': text; expected a number, got '1_000'. {TEXT}"),
    "digits": ("a,b,y\n1,\u0661,3\n", f":2: column 'b': text; expected a number, got '\\u0661'. {TEXT}"),
    "comma": (
        'a,b,y\n1,"2,5",3\n',
        ":2: column 'b': decimal comma; expected a number, got '2,5'. Write decimal points: 1.5, not 1,5.",
    ),
    "target": ("a,b,y\n1,2,\n1,2,3\n", f":2: column 'y': missing value; expected a number, got ''. {GUESS}"),
    "long_text": (f"a,b,y\n1,{'z' * 90},3\n", f":2: column 'b': text; expected a number, got '{'z' * 40}'... {TEXT}"),
    "ragged": (
        ONE + "1,2\n",
        ":3: wrong number of fields; expected 3 as in the header, got 2. Quote text that has commas in it.",
    ),
    "doubled": (
        ONE + "1,5,2,5,3,5\n",
        ":3: wrong number of fields; expected 3 as in the header, got 6. Decimal commas? Write decimal points.",
    ),
    "semicolons": (
        "a;b;y\n1,5;2;3\n",
        ":1: columns are separated by semicolons; expected commas. " + SAVE,
    ),
    "tabs": (
        "a\tb\ty\n1\t2\t3\n",
        ":1: columns are separated by tabs; expected commas. " + SAVE,
    ),
    "empty": ("", ":1: empty; expected a header of column names. Name the columns in the first line."),
    "blank": ("\n1,2,3\n", ":1: empty; expected a header of column names. Name the columns in the first line."),
    "no_rows": ("a,b,y\n", ":1: no rows below the header. Give at least one row of data."),
    "gap": (ONE + "\n1,2,3\n", ":3: empty line between rows. Remove it, or fill in the missing values."),
    "unnamed": (
        ",b,y\n1,2,3\n",
        ":1: column 1 has no name. Name it, or leave an index out when the file is written (pandas: index=False).",
    ),
    "twice": ("a,a,y\n1,2,3\n", ":1: column names occur more than once: 'a'. Give each column a name of its own."),
    "headless": (
        "1,2,3\n4,5,6\n",
        ":1: no header; expected column names, got numbers ('1' first). " + HEADER,
    ),
    "utf16": ("a,b,y\n1,2,3\n".encode("utf-16"), f":1: not a CSV file; expected UTF-8 text, got UTF-16 text. {UTF8}"),
    "zip": (b"PK\x03\x04....", f":1: not a CSV file; expected UTF-8 text, got a zip archive or a spreadsheet. {UTF8}"),
    "latin1": (ONE.encode() + b"1,2,\xe9\n", f":3: not UTF-8; byte 5 of the line is 0xe9. {UTF8}"),
    "nul": (ONE + "1,2\0,3\n", f":3: not text; it holds a NUL character. {UTF8}"),
    "quote": (ONE + '1,"2"x,3\n', ":3: not CSV; a quote or a line end is out of place. " + LF),
    "old_mac": (
        b"a,b,y\r1,2,3\r",
        ":1: not CSV; a quote or a line end is out of place. " + LF,
    ),
    "width": (
        "a,b,c,y\n1,2,3,4\n",
        ": 'x': wrong number of columns; expected 2 (shape [2]), got 3. " + WIDTH,
    ),
    "too_few": (
        "y\n1\n",
        ": 'x': wrong number of columns; expected 2 (shape [2]), got 0. " + WIDTH,
    ),
}


@pytest.mark.parametrize("case", FAULTY)
def test_faulty_csv_is_refused_with_place_and_advice(case, tmp_path):
    text, message = FAULTY[case]
    path = write(tmp_path, text)
    with pytest.raises(DataError) as caught:
        load(regressor(), path)
    assert str(caught.value) == path + message


def test_all_faulty_columns_are_reported_at_once_in_order(tmp_path):
    path = write(tmp_path, "a,b,y\n1,,3\nx,2,3\n")
    with pytest.raises(DataError) as caught:
        load(regressor(), path)
    assert [fault.where for fault in caught.value.faults] == [f"{path}:2", f"{path}:3"]


def test_faults_of_very_many_columns_are_cut(tmp_path):
    names = ",".join(f"c{i}" for i in range(31))
    path = write(tmp_path, f"{names}\n{',' * 30}\n")
    with pytest.raises(DataError) as caught:
        load(regressor(30), path, task="regression")
    assert len(caught.value.faults) == 21
    assert str(caught.value.faults[-1]) == f"{path}: 11 more columns have such faults"


def test_field_of_10_megabytes_is_refused_quickly(tmp_path):
    path = write(tmp_path, "a,b,y\n1," + "9" * 10_000_000 + ",3\n")
    with pytest.raises(DataError) as caught:
        load(regressor(), path)
    assert str(caught.value) == (
        f"{path}:2: field too long; expected at most 131072 characters, got more. "
        "Look for a quote that is never closed."
    )


def test_field_limit_is_an_option(tmp_path):
    path = write(tmp_path, "a,b,y\n1,2222,3\n")
    with pytest.raises(DataError) as caught:
        load(regressor(), path, limits=DataLimits(field_characters=3))
    assert str(caught.value) == (
        f"{path}:2: field too long; expected at most 3 characters, got 4. Look for a quote that is never closed."
    )


def test_line_without_end_is_refused(tmp_path):
    path = write(tmp_path, "a,b,y\n" + "1,2,3," * 10)
    with pytest.raises(DataError) as caught:
        load(regressor(), path, limits=DataLimits(line_characters=32))
    assert (
        str(caught.value)
        == f"{path}:2: line too long; expected at most 32 bytes, got more. Look for missing line ends."
    )


def test_file_limit(tmp_path):
    path = write(tmp_path, ONE)
    with pytest.raises(DataError) as caught:
        load(regressor(), path, limits=DataLimits(file_bytes=5))
    assert str(caught.value) == (
        f"{path}: file too large; expected at most 5 bytes, got 12. Raise limits.file_bytes if you trust it."
    )


def test_missing_file_folder_and_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    reasons = {
        "none.csv": "No such file or directory. Check the path of the data.",
        "folder.csv": "it is a folder. Give the path of a .csv or .npz file.",
        "pipe.csv": "it is not a regular file. Give the path of a .csv or .npz file.",
    }
    for name, reason in reasons.items():
        with pytest.raises(MachineError) as caught:
            load(regressor(), str(tmp_path / name))
        assert str(caught.value) == f"{tmp_path / name}: cannot be read: {reason}"


def test_unknown_kind_of_file(tmp_path):
    with pytest.raises(DataError) as caught:
        load(regressor(), "table.xlsx")
    assert str(caught.value) == (
        "table.xlsx: unknown kind of data; expected a .csv or .npz file, - or sklearn:<name>, got .xlsx. "
        "Save it as CSV with a header, or with numpy.savez."
    )


def test_unknown_columns_are_reported_with_the_nearest_name(tmp_path):
    path = write(tmp_path, "Age,size,price\n1,2,3\n")
    with pytest.raises(DataError) as caught:
        load(regressor(), path, columns={"x": ("age", "zzz")}, column={"y": "prise"})
    assert str(caught.value).splitlines() == [
        f"{path}: no column 'age', which 'x' needs. Did you mean 'Age'?",
        f"{path}: no column 'zzz', which 'x' needs. The header has 'Age', 'size', 'price'.",
        f"{path}: no column 'prise', which 'y' needs. Did you mean 'price'?",
    ]


def test_a_target_among_the_features_is_refused(tmp_path):
    path = write(tmp_path, ONE)
    with pytest.raises(DataError) as caught:
        load(regressor(), path, columns={"x": ("a", "y")}, column={"y": "y"})
    assert str(caught.value) == f"{path}: column 'y' is used more than once, by 'x' and 'y'"


def test_columns_for_a_stranger(tmp_path):
    path = write(tmp_path, ONE)
    with pytest.raises(DataError) as caught:
        load(regressor(), path, columns={"X2": ("a",)})
    assert str(caught.value) == f"{path}: columns are named for 'X2'; expected an input or target, x, y"


def test_several_inputs_need_names(tmp_path):
    module = regressor()
    module.INPUTS = {"u": {"shape": (1,), "kind": "real"}, "v": {"shape": (1,), "kind": "real"}}
    path = write(tmp_path, ONE)
    with pytest.raises(DataError) as caught:
        load(module, path)
    assert str(caught.value) == (
        f"{path}: several feature inputs have no columns named: 'u', 'v'. "
        "Name them in net.yaml: `columns: [...]` or `column: ...`."
    )
    data = load(module, path, column={"u": "b", "v": "a"})
    assert (data.features["u"].item(), data.features["v"].item()) == (2, 1)


def test_text_labels_are_sorted_and_recorded(tmp_path):
    data = load(softmax(1), write(tmp_path, "a,kind\n1,pear\n2, apple\n3,fig\n4,apple\n"))
    assert data.encodings["y"].names == ("apple", "fig", "pear")
    assert data.targets["y"].tolist() == [2, 0, 1, 0]
    assert data.targets["y"].dtype == np.int64
    assert data.notices == ("target 'y': labels were numbered in sorted order: 'apple' = 0, 'fig' = 1, 'pear' = 2",)


def test_labels_from_one_are_renumbered_and_said(tmp_path):
    data = load(softmax(1), write(tmp_path, "a,k\n1,10\n2,2\n3,3.0\n"))
    assert data.encodings["y"].names == ("2", "3", "10")
    assert data.targets["y"].tolist() == [2, 0, 1]


def test_integer_labels_stay_even_if_a_class_is_absent(tmp_path):
    data = load(softmax(1), write(tmp_path, "a,k\n1,2\n2,0\n"))
    assert data.targets["y"].tolist() == [2, 0]
    assert data.encodings["y"].names == ("0", "1", "2")
    assert data.notices == ()


def test_one_hot_columns_give_class_names(tmp_path):
    path = write(tmp_path, "a,red,green,blue\n1,0,1,0\n2,0,0,1\n3,1,0,0\n")
    data = load(softmax(1), path, columns={"y": ("red", "green", "blue")})
    assert data.targets["y"].tolist() == [1, 2, 0]
    assert data.encodings["y"].names == ("red", "green", "blue")


LABELS = {
    "range": (
        "a,k\n1,0\n2,7\n3,1\n4,2\n",
        ":3: label 7 is out of range; expected integers 0 to 2. Change `classes: 3` or the data.",
    ),
    "few": (
        "a,k\n1,u\n2,v\n",
        ":2: wrong number of distinct labels; expected 3 classes, got 2: 'u', 'v'. "
        "Set `classes: 2`, or check the column of the target.",
    ),
    "missing": (
        "a,k\n1,u\n2,\n3,NA\n",
        ":3: missing label; expected a class, got '' (and 1 more). Fill it in or remove the row.",
    ),
}


@pytest.mark.parametrize("case", LABELS)
def test_faulty_labels(case, tmp_path):
    text, message = LABELS[case]
    path = write(tmp_path, text)
    with pytest.raises(DataError) as caught:
        load(softmax(1), path)
    assert str(caught.value) == path + message


def test_binary_text_target(tmp_path):
    data = load(logistic(1), write(tmp_path, "a,k\n1,spam\n2,ham\n"))
    assert data.encodings["y"].names == ("ham", "spam")
    assert data.targets["y"].tolist() == [[1], [0]]


def test_binary_with_three_labels(tmp_path):
    path = write(tmp_path, "a,k\n1,0\n2,1\n3,2\n")
    with pytest.raises(DataError) as caught:
        load(logistic(1), path, task="binary")
    assert str(caught.value) == (
        f"{path}:4: a binary target has two labels; expected 0 and 1, got 3: '0', '1', '2'. "
        "Check the target column and the loss."
    )


def test_hinge_codes(tmp_path):
    path = write(tmp_path, "a,k\n1,no\n2,yes\n")
    data = load(logistic(1), path, task="binary", binary_codes=(-1.0, 1.0))
    assert data.targets["y"].tolist() == [[-1], [1]]
    assert data.class_indices().tolist() == [0, 1]
