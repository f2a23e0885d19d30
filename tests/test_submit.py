"""`submit` and its futures: the protocol of concurrent.futures, and awaitable."""

import asyncio
import concurrent.futures as cf
import gc
import pickle
import threading
import time

import pytest

import abreast as ab


def square(x):
    return x * x


def nap(seconds, value=None):
    time.sleep(seconds)
    return value


def fail(x):
    raise LookupError(x)


def eventually(condition, seconds=5.0):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return condition()


def test_result(plan):
    future = ab.submit(square, 4)
    assert future.result() == 16
    assert future.result(timeout=0) == 16
    assert future.exception() is None
    assert (future.done(), future.running(), future.cancelled()) == (True, False, False)
    assert isinstance(future, cf.Future)


def test_arguments(plan):
    assert ab.submit(dict, [("a", 1)], b=2).result() == {"a": 1, "b": 2}
    assert ab.submit(lambda *a, **k: (a, k), 1, function=2, plan=3, self=4).result() == (
        (1,), {"function": 2, "plan": 3, "self": 4},
    )  # fmt: skip
    assert ab.submit(list).result() == []


def test_wrong_calls(plan):
    with pytest.raises(TypeError, match="submit: the first argument is the function, and 3 cannot"):
        ab.submit(3)
    with pytest.raises(TypeError):
        ab.submit()


def test_exception(plan):
    future = ab.submit(fail, "x")
    with pytest.raises(LookupError, match="x") as caught:
        future.result()
    assert future.exception() is caught.value
    assert future.done()
    assert "abreast: raised by task 0 of submit(fail)" in caught.value.__notes__
    with pytest.raises(LookupError):
        future.result()
    assert len(caught.value.__notes__) == 1


def test_timeout(parallel):
    future = ab.submit(nap, 0.4, "late")
    started = time.monotonic()
    with pytest.raises(TimeoutError, match=r"did not end within 0\.05 s"):
        future.result(0.05)
    with pytest.raises(TimeoutError):
        future.exception(0)
    assert time.monotonic() - started < 0.3
    assert not future.done()
    assert future.result(10) == "late"


def test_running_and_done(parallel):
    future = ab.submit(nap, 0.3)
    assert eventually(future.running)
    assert not future.done()
    assert eventually(future.done)
    assert not future.running()


@pytest.mark.parametrize("plan_of_one", ["threads:1", "processes:1"])
def test_cancel(plan_of_one, tmp_path):
    def touch(name):
        (tmp_path / name).touch()

    with ab.plan(plan_of_one):
        first = ab.submit(nap, 0.3, 1)
        assert eventually(first.running)
        second, third = ab.submit(touch, "second"), ab.submit(touch, "third")
        assert second.cancel()
        assert second.cancel(), "a cancelled future stays cancelled"
        assert not first.cancel(), "a running task cannot be withdrawn"
        assert (second.cancelled(), second.done(), second.running()) == (True, True, False)
        with pytest.raises(cf.CancelledError):
            second.result()
        with pytest.raises(cf.CancelledError):
            second.exception()
        assert first.result() == 1
        third.result()
        assert not first.cancel()
        assert [path.name for path in tmp_path.iterdir()] == ["third"]


def test_callbacks(plan):
    seen: list[object] = []
    future = ab.submit(nap, 0.05, 3)
    for _ in range(2):
        future.add_done_callback(lambda f: seen.append(f.result()))
    assert eventually(lambda: len(seen) == 2)
    future.add_done_callback(lambda f: seen.append("late"))
    assert seen == [3, 3, "late"]


def test_callbacks_come_without_anybody_asking(parallel):
    seen: list[int] = []
    for k in range(100):
        ab.submit(square, k).add_done_callback(lambda f: seen.append(f.result()))
    assert eventually(lambda: len(seen) == 100)
    assert sorted(seen) == [k * k for k in range(100)]


def test_callbacks_of_failures_and_of_callbacks_that_fail(plan, caplog):
    seen: list[object] = []

    def broken(future):
        raise RuntimeError("broken callback")

    future = ab.submit(fail, 1)
    future.add_done_callback(broken)
    future.add_done_callback(lambda f: seen.append(f.exception()))
    assert eventually(lambda: len(seen) == 1)
    assert isinstance(seen[0], LookupError)
    assert "broken callback" in caplog.text
    caplog.clear()  # its traceback holds on to the future
    assert ab.submit(square, 2).result() == 4


def test_a_callback_may_submit(plan):
    seen: list[int] = []

    def again(future):
        if future.result() < 1000:
            ab.options(plan=plan).submit(square, future.result()).add_done_callback(again)
        seen.append(future.result())

    ab.submit(square, 2).add_done_callback(again)
    assert eventually(lambda: len(seen) == 4), seen
    assert sorted(seen) == [4, 16, 256, 65536]


def test_await(plan):
    async def main():
        one = await ab.submit(square, 3)
        several = await asyncio.gather(*(ab.submit(nap, 0.01, k) for k in range(20)))
        wrapped = await asyncio.wrap_future(ab.submit(square, 4))
        with pytest.raises(LookupError):
            await ab.submit(fail, 1)
        future = ab.submit(square, 5)
        future.result()
        return one, several, wrapped, await future

    assert asyncio.run(main()) == (9, list(range(20)), 16, 25)


def test_the_loop_runs_while_tasks_do(parallel):
    async def main():
        ticks = 0

        async def tick():
            nonlocal ticks
            while True:
                await asyncio.sleep(0.01)
                ticks += 1

        ticking = asyncio.ensure_future(tick())
        await ab.submit(nap, 0.3)
        ticking.cancel()
        return ticks

    assert asyncio.run(main()) >= 10


def test_asyncio_timeout_and_cancel():
    async def main():
        with ab.plan("processes:1"):
            first, second = ab.submit(nap, 0.3), ab.submit(nap, 0)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.wrap_future(second), 0.05)
            assert second.cancelled()
            await first

    asyncio.run(main())


def test_awaiting_outside_of_a_coroutine(plan):
    with pytest.raises(RuntimeError, match="awaited inside a coroutine"):
        ab.submit(square, 2).__await__()


def test_from_eight_threads_at_once(plan):
    results: dict[int, list[int]] = {}

    def work(k):
        futures = [ab.options(plan=plan).submit(square, k * 1000 + j) for j in range(150)]
        results[k] = [future.result(60) for future in futures]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == {k: [(k * 1000 + j) ** 2 for j in range(150)] for k in range(8)}


def test_one_future_asked_by_many_threads(parallel):
    future, got = ab.submit(nap, 0.2, "x"), []
    threads = [threading.Thread(target=lambda: got.append(future.result(20))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert got == ["x"] * 8


def test_thousands_outstanding(parallel):
    futures = [ab.submit(square, k) for k in range(20_000)]
    assert [future.result(60) for future in reversed(futures)] == [
        k * k for k in reversed(range(20_000))
    ]


def test_cancel_thousands(parallel):
    ab.submit(square, 1).result()
    futures = [ab.submit(nap, 0.02) for _ in range(3000)]
    cancelled = sum(future.cancel() for future in futures)
    assert cancelled > 2500
    for future in futures:
        if not future.cancelled():
            future.result(10)


def test_dropped_futures_still_run(parallel, tmp_path):
    def touch(k):
        (tmp_path / str(k)).touch()

    for k in range(50):
        ab.submit(touch, k)
    gc.collect()
    assert eventually(lambda: len(list(tmp_path.iterdir())) == 50)
    assert ab.submit(square, 2).result() == 4


def test_dropped_failures_say_nothing(parallel, capfd):
    for k in range(10):
        ab.submit(fail, k)
    gc.collect()
    ab.submit(nap, 0.1).result()
    ab.shutdown()
    assert capfd.readouterr() == ("", "")


def test_large_results_of_dropped_futures_give_their_memory_back():
    with ab.plan("processes:1"):
        for _ in range(100):
            ab.submit(bytes, 8 << 20)  # 800 MB together
        assert len(ab.submit(bytes, 10).result(60)) == 10


def test_a_task_may_submit_and_wait(plan):
    def outer(k):
        return sum(ab.gather([ab.submit(square, j) for j in range(k)]))

    futures = [ab.submit(outer, k) for k in range(6)]
    assert [future.result(30) for future in futures] == [
        sum(j * j for j in range(k)) for k in range(6)
    ]


def test_a_future_does_not_travel():
    future = ab.options(plan="processes:1").submit(square, 2)
    with pytest.raises(TypeError, match="a Future stays in the process that submitted it"):
        pickle.dumps(future)
    assert future.result() == 4


def test_serial_runs_here_and_now():
    thread = ab.options(plan="serial").submit(threading.get_ident)
    assert thread.done() and thread.result() == threading.get_ident()


def test_results_after_shutdown(parallel):
    long = 20 if parallel.startswith("processes") else 0.1
    ended, late = ab.submit(square, 3), ab.submit(nap, long)
    assert ended.result() == 9
    unasked = ab.submit(square, 4)
    time.sleep(0.2)
    if parallel.startswith("processes"):
        ab.shutdown(0.1)
        with pytest.raises(ab.PoolClosed, match="did not end: its workers were shut down"):
            late.result(10)
        assert unasked.result(10) == 16
    assert ended.result() == 9
    assert ab.submit(square, 5).result() == 25


def test_shutdown_settles_what_waits(parallel):
    """Whoever waits for a task that will not run any more is told."""
    futures = [ab.submit(nap, 0.3) for _ in range(10)]
    threading.Timer(0.1, ab.shutdown, (0.5,)).start()
    started = time.monotonic()
    outcomes = [future.exception(20) for future in futures]
    assert time.monotonic() - started < 5
    assert isinstance(outcomes[-1], ab.PoolClosed) or outcomes[-1] is None


def test_repr(plan):
    future = ab.submit(square, 2)
    future.result()
    assert "finished" in repr(future)
