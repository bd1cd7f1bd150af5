import io
import os
import struct
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from symprop.errors import DataError, MachineError
from symprop.train import DataLimits, TrainSettings, load_data
from tests.train.stand_in import regressor, softmax

AGAIN = "Write it again with numpy.savez."
X = np.arange(6.0).reshape(3, 2)
Y = np.array([0, 1, 2])


def save(folder, **arrays):
    path = str(folder / "d.npz")
    np.savez(path, **arrays)
    return path


def load(path, module=None, **options):
    return load_data(module or softmax(), TrainSettings(lr=0.1, **options), path)


def refused(path, module=None, **options):
    with pytest.raises(DataError) as caught:
        load(path, module, **options)
    return str(caught.value)


def npy(header, data=b""):
    text = header.encode("latin1")
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


def archive(folder, members, **options):
    path = str(folder / "d.npz")
    with zipfile.ZipFile(path, "w", **options) as out:
        for name, content in members:
            out.writestr(name, content)
    return path


def test_arrays_are_read_by_name_and_others_left_alone(tmp_path):
    data = load(save(tmp_path, x=X, y=Y, other=np.zeros(9)))
    assert np.array_equal(data.features["x"], X)
    assert np.array_equal(data.targets["y"], Y)
    assert data.columns == {}


def test_compressed_fortran_order_and_integers(tmp_path):
    path = str(tmp_path / "d.npz")
    np.savez_compressed(path, x=np.asfortranarray(X.astype(np.int16)), y=Y.astype(np.uint8))
    assert np.array_equal(load(path).features["x"], X)


def test_labels_as_strings_and_one_hot(tmp_path):
    data = load(save(tmp_path, x=X, y=np.array(["b", "a", "c"])))
    assert (data.targets["y"].tolist(), data.encodings["y"].names) == ([1, 0, 2], ("a", "b", "c"))
    assert load(save(tmp_path, x=X, y=np.eye(3)[[2, 0, 1]])).targets["y"].tolist() == [2, 0, 1]


def test_missing_array_lists_what_is_held(tmp_path):
    path = save(tmp_path, X=X, y=Y)
    assert refused(path) == (
        f"{path}: no array 'x'; it holds X, y. Name the arrays as the spec names its inputs and target."
    )


def test_objects_are_refused_and_nothing_is_run(tmp_path):
    ran = tmp_path / "ran"

    class Bomb:
        def __reduce__(self):
            return (os.mkdir, (str(ran),))

    path = save(tmp_path, x=np.array([Bomb()], dtype=object), y=Y)
    assert refused(path) == (
        f"{path}: array 'x': holds Python objects (pickle). Store numbers or strings; reading objects would run code."
    )
    assert not ran.exists()


def test_a_header_that_claims_7_tebibytes_is_refused_before_allocation(tmp_path):
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }"
    path = archive(tmp_path, [("x.npy", npy(header, b"\0" * 16)), ("y.npy", b"")])
    assert refused(path) == (
        f"{path}: array 'x': its header states shape (1000000, 1000000) of float64, 8000000000000 bytes, "
        f"but 16 bytes follow. {AGAIN}"
    )


@pytest.mark.parametrize("shape", ["(-1, -2)", "(0, 9223372036854775807)"])
def test_shapes_that_do_not_fit_the_bytes(shape, tmp_path):
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"
    path = archive(tmp_path, [("x.npy", npy(header, b"\0" * 16)), ("y.npy", b"")])
    size = 16 if "-" in shape else 0
    assert refused(path) == (
        f"{path}: array 'x': its header states shape {shape} of float64, {size} bytes, but 16 bytes follow. {AGAIN}"
    )


def test_a_bomb_is_refused_by_its_unpacked_size(tmp_path):
    path = str(tmp_path / "d.npz")
    np.savez_compressed(path, x=np.zeros((500_000, 2)), y=Y)
    assert os.path.getsize(path) < 10_000
    total = (128 + 8_000_000) + (128 + Y.nbytes)
    assert refused(path, limits=DataLimits(array_bytes=10**6)) == (
        f"{path}: arrays too large; expected at most 1000000 bytes, got {total} when unpacked. "
        "Raise limits.array_bytes if you trust it."
    )


def test_a_bomb_that_lies_about_its_size_is_not_unpacked(tmp_path):
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1), }"
    path = archive(tmp_path, [("x.npy", npy(header, b"\0" * 10**7)), ("y.npy", b"")], compression=zipfile.ZIP_DEFLATED)
    raw = Path(path).read_bytes()
    true = struct.pack("<I", len(npy(header)) + 10**7)
    lie = struct.pack("<I", len(npy(header)) + 16)
    Path(path).write_bytes(raw.replace(true, lie))
    assert refused(path) == f"{path}: not a readable npz: Bad CRC-32 for file 'x.npy'. {AGAIN}"


def test_a_member_shorter_than_it_states(tmp_path):
    content = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (4, 1), }", b"\0" * 16)
    path = archive(tmp_path, [("x.npy", content), ("y.npy", b"")], compression=zipfile.ZIP_DEFLATED)
    true, lie = struct.pack("<I", len(content)), struct.pack("<I", len(content) + 16)
    Path(path).write_bytes(Path(path).read_bytes().replace(true, lie))
    assert refused(path) == f"{path}: array 'x': truncated. {AGAIN}"


def test_truncated_archive(tmp_path):
    path = save(tmp_path, x=X, y=Y)
    raw = Path(path).read_bytes()
    Path(path).write_bytes(raw[: len(raw) // 2])
    assert refused(path) == f"{path}: not a readable npz: File is not a zip file. {AGAIN}"


def test_flipped_bit(tmp_path):
    path = save(tmp_path, x=X, y=Y)
    raw = Path(path).read_bytes()
    Path(path).write_bytes(raw.replace(struct.pack("<d", 5.0), struct.pack("<d", 6.0)))
    assert refused(path) == f"{path}: not a readable npz: Bad CRC-32 for file 'x.npy'. {AGAIN}"


def test_members_of_one_name(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        path = archive(tmp_path, [("x.npy", b"1"), ("x.npy", b"2")])
    assert refused(path) == f"{path}: two arrays have the same name. {AGAIN}"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello, world",
        b"\x93NUMPY\x03\x00" + b"\0" * 20,
        b"\x93NUMPY\x01\x00\xff\x00{",
        npy("__import__('os').mkdir('ran')"),
        npy("(" * 5000),
        npy("{" + "-" * 5000 + "1}"),
        npy("'" * 3),
        npy("{'descr': [('a', '<f8')] * 9, 'fortran_order': False, 'shape': (2,), }"),
        npy("{'descr': '<q9', 'fortran_order': False, 'shape': (2,), }"),
        npy("{'descr': '<f8', 'fortran_order': 7, 'shape': (2,), }"),
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2.5,), }"),
        npy("{[]: 1}"),
        npy("1"),
    ],
)
def test_what_is_no_array(content, tmp_path):
    path = archive(tmp_path, [("x.npy", content), ("y.npy", b"")])
    assert refused(path) == f"{path}: array 'x': not a NumPy array of format 1.0 or 2.0. {AGAIN}"


@pytest.mark.parametrize("seed", range(40))
def test_damaged_headers_never_escape(seed, tmp_path):
    rng = np.random.default_rng(seed)
    raw = bytearray(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }", X.tobytes()))
    for place in rng.integers(6, 70, size=3):
        raw[place] = rng.integers(32, 127)
    path = archive(tmp_path, [("x.npy", bytes(raw)), ("y.npy", npy("1"))])
    assert refused(path).startswith(f"{path}: array '")


@pytest.mark.parametrize("array", [X.astype(complex), np.zeros(3, dtype="M8[s]"), np.zeros(3, dtype="f8,f8")])
def test_other_kinds_of_entries(array, tmp_path):
    path = save(tmp_path, x=array, y=Y)
    assert refused(path) == (
        f"{path}: array 'x': wrong kind of entries; expected numbers or strings, got {array.dtype}. Store real numbers."
    )


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((3, 4)), "x: wrong shape; expected (N, 2), got (3, 4)"),
        (np.zeros(3), "x: wrong shape; expected (N, 2), got (3,)"),
        (np.zeros((0, 2)), "x: no rows; expected at least one"),
        (
            np.array([["a", "b"]] * 3),
            "x: wrong kind of entries; expected numbers, got <U1. Encode text as numbers first.",
        ),
        (
            np.array([[0, 1], [np.nan, np.inf], [0, 1]]),
            "x, row 1, entry [0]: not a finite number of float64; got nan (and 1 more). "
            "Fill the gaps or remove those rows; symprop does not guess values.",
        ),
        (np.zeros((4, 2)), "y: wrong number of rows; expected 4 as the inputs have, got 3"),
    ],
)
def test_arrays_that_do_not_fit(x, message, tmp_path):
    path = save(tmp_path, x=x, y=Y)
    assert refused(path) == f"{path}: {message}"


def test_values_beyond_float32(tmp_path):
    path = save(tmp_path, x=X + 1e39, y=Y)
    assert refused(path, softmax(dtype="float32"), dtype="float32").startswith(
        f"{path}: x, row 0, entry [0]: not a finite number of float32; got 1e+39 (and 5 more)."
    )


def test_rows_that_are_not_one_hot(tmp_path):
    path = save(tmp_path, x=X, y=np.array([[1, 0, 0], [0.5, 0.5, 0], [0, 0, 1]]))
    assert refused(path) == (
        f"{path}: y, row 1: not a one-hot row; expected one 1 among zeros, got [0.5 0.5 0. ]. "
        "Give integer labels, or a target of real numbers."
    )


def test_labels_of_a_wrong_shape(tmp_path):
    path = save(tmp_path, x=X, y=np.zeros((3, 2)))
    assert refused(path) == "y: wrong shape; expected (N,) of labels or (N, 3) of one-hot rows, got (3, 2)"


def test_integer_inputs_are_checked_and_kept(tmp_path):
    module = softmax(kind="integer", values=5)
    assert load(save(tmp_path, x=X.clip(0, 4), y=Y), module).features["x"].dtype == np.int64
    path = save(tmp_path, x=X, y=Y)
    assert refused(path, module) == f"{path}: x, row 2, entry [1]: wrong index; expected integers 0 to 4, got 5"
    path = save(tmp_path, x=X / 2, y=Y)
    assert refused(path, module) == f"{path}: x, row 0, entry [1]: wrong index; expected integers 0 to 4, got 0.5"


def test_regression_target_may_be_flat(tmp_path):
    data = load(save(tmp_path, x=X, y=np.array([0.5, 1, 7])), regressor())
    assert data.targets["y"].shape == (3, 1)


def test_unreadable_file(tmp_path):
    with pytest.raises(MachineError) as caught:
        load(str(tmp_path / "none.npz"))
    assert str(caught.value) == (
        f"{tmp_path / 'none.npz'}: cannot be read: No such file or directory. Check the path of the data."
    )


def test_npy_helper_writes_what_numpy_reads():
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }"
    assert np.load(io.BytesIO(npy(header, np.array([1.0, 2.0]).tobytes()))).tolist() == [1, 2]
