"""Word vectors with gensim's habits."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import ninefold as nf
from ninefold import NinefoldError, WordVectors

TEXTS = [f"the {cat} chased a {mouse} while the {dog} slept" for cat in ("cat", "kitten", "tiger") for mouse in ("mouse", "rat") for dog in ("dog", "puppy")] * 10


@pytest.fixture(scope="module")
def vectors():
    return nf.embed(TEXTS, "word2vec", dim=8, epochs=3, min_count=1, random_state=1)


def test_words_and_rows_are_named_as_in_gensim(vectors):
    assert len(vectors) == len(vectors.index_to_key) == len(vectors.key_to_index) == vectors.vectors.shape[0]
    assert vectors.vector_size == vectors.vectors.shape[1] == 8
    assert vectors.index_to_key[0] == "the"
    row = vectors.key_to_index["cat"]
    np.testing.assert_array_equal(vectors["cat"], vectors.vectors[row])
    np.testing.assert_array_equal(vectors[["cat", "dog"]], np.stack([vectors["cat"], vectors["dog"]]))
    assert "cat" in vectors and "unicorn" not in vectors and 7 not in vectors
    assert vectors.has_index_for("cat") and not vectors.has_index_for("unicorn")
    with pytest.raises(KeyError, match="no vector for 'unicorn'"):
        vectors["unicorn"]


def test_matrix_is_shared_and_read_only(vectors):
    one, other = vectors.vectors, vectors.vectors
    assert np.shares_memory(one, other) and not one.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        one[0, 0] = 1.0


def test_most_similar_is_what_numpy_finds(vectors):
    matrix = vectors.vectors / np.linalg.norm(vectors.vectors, axis=1, keepdims=True)

    def expected(query, without, n):
        cosines = matrix @ (query / np.linalg.norm(query))
        order = [row for row in np.argsort(-cosines) if row not in without][:n]
        return [(vectors.index_to_key[row], cosines[row]) for row in order]

    cat, dog, rat = (vectors.key_to_index[word] for word in ("cat", "dog", "rat"))
    cases = [
        (vectors.most_similar("cat", topn=3), expected(matrix[cat], [cat], 3)),
        (vectors.most_similar(positive=["cat", "dog"], negative=["rat"], topn=2), expected(matrix[cat] + matrix[dog] - matrix[rat], [cat, dog, rat], 2)),
        (vectors.similar_by_vector(vectors["cat"], topn=1), expected(matrix[cat], [], 1)),
        (vectors.most_similar(vectors["cat"], topn=1), expected(matrix[cat], [], 1)),
        (vectors.similar_by_word("cat", topn=2), expected(matrix[cat], [cat], 2)),
    ]
    for found, wanted in cases:
        assert [word for word, _ in found] == [word for word, _ in wanted]
        np.testing.assert_allclose([cosine for _, cosine in found], [cosine for _, cosine in wanted], atol=1e-5)
    assert vectors.similarity("cat", "cat") == pytest.approx(1)
    with pytest.raises(NinefoldError, match="expected at least one word or vector"):
        vectors.most_similar()
    with pytest.raises(NinefoldError, match="the vector has 2 numbers, the words have 8"):
        vectors.similar_by_vector([1.0, 2.0])


def test_text_is_the_mean_of_its_known_words(vectors):
    means = vectors.transform(["The CAT chased a unicorn", "unicorn", None])
    known = [vectors[word] for word in ("the", "cat", "chased", "a")]
    np.testing.assert_allclose(means[0], np.mean(known, axis=0), rtol=1e-5)
    assert not means[1:].any() and means.dtype == np.float32
    assert vectors.transform([]).shape == (0, 8)


def test_fasttext_has_vectors_of_unknown_words():
    vectors = WordVectors("fasttext", dim=8, epochs=1, min_count=1).fit(TEXTS)
    assert "kittens" in vectors and not vectors.has_index_for("kittens")
    assert vectors["kittens"].shape == (8,)
    assert vectors.transform(["kittens"]).any()


@pytest.mark.parametrize("name", ["vectors.safetensors", "vectors.bin", "vectors.vec", "vectors.txt"])
def test_files_are_written_and_read(name, vectors, tmp_path):
    vectors.save(tmp_path / name)
    loaded = WordVectors.load(tmp_path / name)
    assert loaded.index_to_key == vectors.index_to_key
    np.testing.assert_allclose(loaded.vectors, vectors.vectors, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(clone(loaded).fit().vectors, loaded.vectors)


def test_pickle_carries_the_vectors(vectors):
    again = pickle.loads(pickle.dumps(vectors))
    np.testing.assert_array_equal(again.vectors, vectors.vectors)
    np.testing.assert_array_equal(again.transform(["the cat"]), vectors.transform(["the cat"]))


def test_one_thread_and_a_seed_give_the_same_vectors(vectors):
    again = nf.embed(TEXTS, "word2vec", dim=8, epochs=3, min_count=1, random_state=1)
    np.testing.assert_array_equal(again.vectors, vectors.vectors)
    other = nf.embed(TEXTS, "word2vec", dim=8, epochs=3, min_count=1, random_state=2)
    assert not np.array_equal(other.vectors, vectors.vectors)


def test_further_settings_count():
    cased = WordVectors(dim=4, epochs=1, min_count=1, settings={"tokenizer.lowercase": False, "negative": 2}).fit(["The cat"] * 9)
    assert "The" in cased and "the" not in cased


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"kind": "elmo"}, "kind: expected one of word2vec, fasttext, glove, pretrained, found 'elmo'"),
        ({"kind": "pretrained"}, "path: expected a file with word vectors"),
        ({"kind": "pretrained", "path": "x", "dim": 3}, "dim has no effect here: pretrained vectors are as their file"),
        ({"path": "x"}, "path has no effect here: it applies only to kind='pretrained'"),
        ({"settings": {"min_n": 2}}, "embedding.word2vec.min_n: no such setting"),
        ({"settings": {"negativ": 2}}, "did you mean `embedding.word2vec.negative`"),
        ({"dim": 0}, "dim: expected"),
        ({"min_count": 1000}, "min_count"),
    ],
)
def test_parameter_without_meaning_is_refused(parameters, message):
    with pytest.raises(NinefoldError, match=message):
        WordVectors(**parameters).fit(TEXTS)


def test_missing_file_and_no_texts_are_refused(tmp_path):
    with pytest.raises((OSError, NinefoldError), match="nothing.bin"):
        WordVectors.load(tmp_path / "nothing.bin")
    with pytest.raises(NinefoldError, match="0 texts"):
        WordVectors().fit([])
    with pytest.raises(NotFittedError):
        WordVectors().transform(["a"])
    with pytest.raises(NotFittedError):
        len(WordVectors())
