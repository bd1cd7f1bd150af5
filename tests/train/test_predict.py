from dataclasses import replace

import numpy as np
import pytest

from symprop.errors import DataError, InputError, NumericError
from symprop.train import DataWarning, Model, TrainSettings, load_data, predict, train
from tests.train.stand_in import blobs, logistic, regressor, softmax
from tests.train.test_loop import run


def csv_run(folder, module, text, **options):
    path = folder / "train.csv"
    path.write_text(text)
    settings = TrainSettings(**{"lr": 0.1, "epochs": 2, "data": str(path), **options})
    return train(module, settings)


TEXT = "a,b,kind\n1,2,ham\n3,1,spam\n2,2,ham\n5,0,spam\n"


@pytest.fixture
def spam(tmp_path):
    return csv_run(tmp_path, logistic(), TEXT, standardize=True)


def write(folder, text):
    path = folder / "new.csv"
    path.write_text(text)
    return str(path)


def test_columns_are_matched_by_name_in_any_order(spam, tmp_path):
    ordered = predict(spam, write(tmp_path, "a,b\n1,2\n5,0\n"))
    mixed = predict(spam, write(tmp_path, "b,a\n2,1\n0,5\n"))
    assert np.array_equal(ordered.values, mixed.values)
    assert np.array_equal(ordered.values, predict(spam, np.array([[1, 2], [5, 0]])).values)
    assert mixed.notices == ()


def test_the_target_may_be_there_and_other_columns_are_named(spam, tmp_path):
    path = write(tmp_path, "id,a,kind,b,note\nr1,1,ham,2,hello\n")
    found = predict(spam, path)
    assert found.values.shape == (1, 1)
    assert found.notices == (f"{path}: columns not used: 'id', 'note'",)


def test_missing_columns_are_all_named(spam, tmp_path):
    path = write(tmp_path, "A,c\n1,2\n")
    with pytest.raises(DataError) as caught:
        predict(spam, path)
    assert str(caught.value).splitlines() == [
        f"{path}: no column 'a', which 'x' needs. Did you mean 'A'?",
        f"{path}: no column 'b', which 'x' needs. The header has 'A', 'c'.",
    ]


def test_faults_in_new_rows_have_their_line(spam, tmp_path):
    path = write(tmp_path, "a,b\n1,2\n1,\n")
    with pytest.raises(DataError) as caught:
        predict(spam, path)
    assert str(caught.value) == (
        f"{path}:3: column 'b': missing value; expected a number, got ''. "
        "Fill the gaps or remove those rows; symprop does not guess values."
    )


def test_class_names_and_probabilities_as_csv(spam, tmp_path):
    found = predict(spam, write(tmp_path, "a,b\n1,2\n5,0\n"))
    assert found.class_names == ("ham", "spam")
    assert found.labels == ["ham", "spam"]
    lines = found.to_csv().splitlines()
    assert lines[0] == "kind,p_ham,p_spam"
    assert [float(v) for v in lines[1].split(",")[1:]] == found.probabilities[0].tolist()
    assert found.probabilities.sum(axis=1) == pytest.approx(1)


def test_new_rows_are_standardised_with_the_saved_statistics(spam):
    x = np.array([[1.0, 2.0], [5.0, 0.0]])
    moments = spam.standardisation["x"]
    direct = spam.module.forward(spam.params, (x - moments.mean) / moments.std)
    assert np.array_equal(predict(spam, x).values, direct)
    assert np.array_equal(predict(spam, x[:1]).values, direct[:1])


def test_many_classes(tmp_path):
    text = "a,b,k\n" + "".join(f"{a},{b},{'uvw'[k]}\n" for (a, b), k in zip(*blobs(30, 3), strict=True))
    found = csv_run(tmp_path, softmax(), text, epochs=30)
    prediction = predict(found, write(tmp_path, text))
    assert prediction.to_csv().splitlines()[0] == "k,p_u,p_v,p_w"
    assert prediction.labels[:3] == ["u", "v", "w"]
    assert prediction.notices == ()


def test_logits_give_probabilities_and_margins_none():
    x, y = blobs()
    logits = predict(run(logistic(logits=True), x, y, output="logits"), x)
    assert np.array_equal(
        logits.probabilities, np.stack([1 - logits.probabilities[:, 1], logits.probabilities[:, 1]], 1)
    )
    assert np.array_equal(logits.indices, (logits.values[:, 0] > 0).astype(int))
    margins = predict(run(logistic(logits=True), x, y, output="margins"), x)
    assert margins.probabilities is None
    assert margins.to_csv().splitlines()[:2] == ["y", margins.labels[0]]


def test_regression_as_csv(tmp_path):
    one = csv_run(tmp_path, regressor(1), "a,price\n1,2\n2,5\n")
    found = predict(one, np.array([[0.5]]))
    assert found.to_csv() == f"price\n{found.values[0, 0]}\n"
    assert (found.labels, found.probabilities, found.indices) == ([], None, None)
    two = csv_run(tmp_path, regressor(1, 2), "a,p,q\n1,2,3\n2,5,4\n")
    assert predict(two, np.array([[0.5]])).to_csv().splitlines()[0] == "y_0,y_1"


def test_float32_is_written_in_its_shortest_form(tmp_path):
    found = predict(csv_run(tmp_path, regressor(1, dtype="float32"), "a,p\n1,2\n2,5\n", dtype="float32"), [[0.5]])
    assert np.float32(found.to_csv().splitlines()[1]) == found.values[0, 0]
    assert len(found.to_csv().splitlines()[1]) < 12


def test_a_model_of_arrays_takes_a_csv_of_the_features_in_order(tmp_path):
    x, y = blobs()
    found = run(logistic(), x, y)
    assert predict(found, write(tmp_path, "u,v\n1,2\n")).values == predict(found, [[1.0, 2.0]]).values
    path = write(tmp_path, "u,v,w\n1,2,3\n")
    with pytest.raises(DataError) as caught:
        predict(found, path)
    assert str(caught.value) == (
        f"{path}: 'x': wrong number of columns; expected 2 (shape [2]), got 3. "
        "Name its columns in net.yaml with `columns`, or change its shape."
    )


def test_npz_rows(spam, tmp_path):
    np.savez(tmp_path / "new.npz", x=np.array([[1.0, 2.0]]))
    assert predict(spam, tmp_path / "new.npz").values == predict(spam, [[1.0, 2.0]]).values


def test_rows_of_a_wrong_shape(spam):
    with pytest.raises(DataError) as caught:
        predict(spam, np.zeros((2, 3)))
    assert str(caught.value) == "x: wrong shape; expected (N, 2), got (2, 3)"


def test_an_output_that_is_not_finite(spam):
    spam.module.forward = lambda params, x: np.array([[0.5], [np.nan], [0.5]])
    with pytest.raises(NumericError) as caught:
        predict(spam, np.zeros((3, 2)))
    assert str(caught.value) == (
        "output, row 1: the output is not finite, nan; 1 of 3 rows are like this. "
        "Check those rows for values far from the training data."
    )


def test_class_names_with_commas_are_quoted(tmp_path):
    found = csv_run(tmp_path, logistic(1), 'a,k\n1,"x, y"\n2,"say ""z"""\n')
    assert predict(found, [[1.0]]).to_csv().splitlines()[0] == 'k,"p_say ""z""","p_x, y"'


SETTINGS = TrainSettings(lr=0.1, epochs=3)


def test_model_fit_predict_save_load(tmp_path):
    x, y = blobs()
    names = np.array(["no", "yes"])[y]
    with pytest.warns(DataWarning, match="labels were numbered in sorted order: 'no' = 0, 'yes' = 1"):
        model = Model(logistic(), SETTINGS, "name: m\n").fit(x, names, epochs=20, metrics=("auc",), validation=0.2)
    assert model.history.loss.shape == (20,)
    assert model.metrics["validation"]["auc"] > 0.9
    assert model.predict(x).labels[:2] == ["no", "yes"]
    model.save(tmp_path / "run")
    back = Model.load(tmp_path / "run", logistic())
    assert np.array_equal(back.predict(x).values, model.predict(x).values)
    assert (back.spec_text, back.settings) == ("name: m\n", model.settings)
    assert back.params.W1.tolist() == model.params.W1.tolist()


def test_model_fits_a_path_and_reports(tmp_path):
    seen = []
    model = Model(logistic(), SETTINGS).fit(write(tmp_path, "a,b,y\n0,1,0\n1,0,1\n"), on_epoch=seen.append)
    assert len(seen) == 3
    assert model.run.columns == {"x": ("a", "b")}
    with pytest.raises(DataError) as caught:
        model.fit("new.csv", [1, 2])
    assert str(caught.value) == "y: given beside a path; the target is read from the file. Leave y out."


def test_model_warns_of_data_far_from_standardised():
    x, y = blobs()
    with pytest.warns(DataWarning, match=r"far from standardised, worst entry \[0\]"):
        Model(logistic(), SETTINGS).fit(x * [1000, 1], y, lr=1e-6)


def test_model_that_is_not_trained():
    with pytest.raises(InputError) as caught:
        Model(logistic(), SETTINGS).predict([[1.0, 2.0]])
    assert str(caught.value) == "model: not trained yet. Call fit, or Model.load."


def test_model_can_go_on_from_its_parameters():
    x, y = blobs()
    model = Model(logistic(), SETTINGS).fit(x, y)
    first = model.history.loss[-1]
    assert model.fit(x, y, params=model.params).history.loss[0] < first


def test_a_large_prediction_is_made_in_pieces():
    x, y = blobs()
    found = run(logistic(), x, y)
    sizes = []
    forward = found.module.forward
    found.module.forward = lambda params, rows: sizes.append(len(rows)) or forward(params, rows)
    many = np.zeros((65536 + 5, 2))
    assert predict(found, many).values.shape == (65541, 1)
    assert sizes == [65536, 5]


def test_sklearn_paths_are_read_for_prediction():
    settings = TrainSettings(lr=0.05, epochs=5, standardize=True, data="sklearn:wine")
    found = train(softmax(13), settings, load_data(softmax(13), settings))
    prediction = predict(found, "sklearn:wine")
    assert prediction.class_names == ("class_0", "class_1", "class_2")
    assert prediction.notices == ()


def test_several_outputs_and_inputs_by_name():
    module = regressor(3)
    plain = module.forward
    module.INPUTS = {"u": {"shape": (2,), "kind": "real"}, "v": {"shape": (1,), "kind": "real"}}
    module.OUTPUTS = ("A_out", "A_side")

    def joined(x):
        return np.concatenate([x["u"], x["v"]], axis=1)

    module.forward = lambda params, x: {"A_side": None, "A_out": plain(params, joined(x))}
    found = run(regressor(3), np.ones((4, 3)) * [[1], [2], [3], [4]], [1, 2, 3, 5], epochs=1, lr=1e-3)
    rows = {"u": np.ones((2, 2)), "v": np.ones((2, 1))}
    other = replace(found, module=module)
    assert np.array_equal(predict(other, rows).values, plain(found.params, np.ones((2, 3))))
