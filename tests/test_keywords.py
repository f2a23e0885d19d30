"""Keywords that do not exist: what was given, what is allowed, what was meant."""

import pytest

import abreast as ab

WHERE = (
    "hint: say where with plan(...): abreast.plan('processes', workers=4) from then on, or "
    "plan='processes:4' in this call"
)


def scaled(x, factor):
    return x * factor


CASES = {
    "map workers": (lambda: ab.map(abs, [1], workers=2), "map: workers=2: there is no", WHERE),
    "map n_jobs": (lambda: ab.map(abs, [1], n_jobs=-1), "map: n_jobs=-1: there is no", WHERE),
    "imap": (lambda: ab.imap(abs, [1], max_workers=2), "imap: max_workers=2: there is", WHERE),
    "compute": (lambda: ab.compute(1, scheduler="x"), "compute: scheduler='x': there is", WHERE),
    "options": (lambda: ab.options(seeds=1), "options: seeds=1: there is", "did you mean seed=?"),
    "persist": (lambda: ab.persist(1, progres=True), "persist: progres=True", "mean progress=?"),
    "plan": (
        lambda: ab.plan("processes", n_workers=2),
        "plan: n_workers=2: there is no such keyword; allowed: spec, workers, isolate, ",
        "hint: plan('processes', workers=4)",
    ),
    "config": (lambda: ab.config.set(foo=1), "config.set: foo=1: there is no", "journal"),
    "config, nearly": (lambda: ab.config.set(memry=1), "config.set: memry=1", "mean memory=?"),
    "compare": (lambda: ab.compare(abs, [1], repeat=3), "compare: repeat=3", "mean repeats=?"),
    "blocks": (lambda: ab.map(abs, [1], chunksize=5), "map: chunksize=5", "hint: nothing to set"),
    "for the function": (
        lambda: ab.map(scaled, [1], factor=2),
        "map: factor=2: there is no such keyword",
        "hint: for an argument of scaled: map(functools.partial(scaled, factor=2), items)",
    ),
    "long": (lambda: ab.map(abs, [1], xyz="x" * 99), "map: xyz='xxxxxx", "x...: there is"),
}


@pytest.mark.parametrize("name", CASES)
def test_an_unknown_keyword(name):
    call, begin, hint = CASES[name]
    with pytest.raises(TypeError) as caught:
        call()
    message = str(caught.value)
    assert message.startswith(begin)
    assert "; allowed: " in message
    assert hint in message


def test_what_is_allowed_is_named():
    with pytest.raises(TypeError) as caught:
        ab.map(abs, [1], xyz=2)
    allowed = "seed, seed_global, progress, output, on_error, retries, retry_on, timeout, deadline"
    assert str(caught.value).endswith(f"; allowed: {allowed}, checkpoint, plan")


def test_the_hint_of_submit_speaks_of_its_arguments():
    with pytest.raises(TypeError, match=r"hint: submit\(function, argument\), without paren"):
        ab.submit(3)
