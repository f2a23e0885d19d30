"""Several futures at once: `gather`, `wait`, `as_completed`, and those of the standard library."""

import asyncio
import concurrent.futures as cf
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


@pytest.mark.parametrize("plan_of_one", ["threads:1", "processes:1"])
def test_cancelled_futures_in_wait_and_as_completed(plan_of_one):
    with ab.plan(plan_of_one):
        first = ab.submit(nap, 0.2)
        rest = [ab.submit(nap, 0) for _ in range(3)]
        assert eventually(first.running)
        called = []
        rest[0].add_done_callback(called.append)
        assert rest[0].cancel() and rest[1].cancel()
        assert called == [rest[0]]
        assert not ab.wait([first, *rest], timeout=5).not_done
        assert set(ab.as_completed([first, *rest], timeout=5)) == {first, *rest}
        assert set(cf.as_completed([rest[0]], timeout=5)) == {rest[0]}


def test_cancelled_while_somebody_waits():
    with ab.plan("processes:1"):
        first, second = ab.submit(nap, 0.3), ab.submit(nap, 0)
        threading.Timer(0.1, second.cancel).start()
        done, _ = ab.wait([second], timeout=10)
        assert done == {second} and second.cancelled()
        first.result()


def test_concurrent_futures_wait(plan):
    futures = [ab.submit(nap, 0.01 * k, k) for k in range(4)]
    done, pending = cf.wait(futures, timeout=20)
    assert (done, pending) == (set(futures), set())
    slow, quick = ab.submit(nap, 0.4), ab.submit(square, 2)
    done, _ = ab.wait([slow, quick], timeout=20, return_when="FIRST_COMPLETED")
    assert quick in done or plan == "serial"
    bad = ab.submit(fail, 1)
    done, _ = ab.wait([slow, bad], timeout=20, return_when=cf.FIRST_EXCEPTION)
    assert bad in done
    slow.result()


def test_wait_in_vain(parallel):
    future = ab.submit(nap, 0.4)
    started = time.monotonic()
    assert ab.wait([future], timeout=0.05) == (set(), {future})
    with pytest.raises(TimeoutError):
        list(ab.as_completed([future], timeout=0.05))
    assert time.monotonic() - started < 0.35
    future.result()


def test_as_completed_yields_in_order_of_ending(parallel):
    futures = {ab.submit(nap, pause, pause): pause for pause in (0.4, 0.02)}
    assert [futures[f] for f in ab.as_completed(futures, timeout=20)] == [0.02, 0.4]
    assert [f.result() for f in cf.as_completed([ab.submit(square, 3)])] == [9]


def test_gather(plan):
    assert ab.gather(ab.submit(square, k) for k in range(20)) == [k * k for k in range(20)]
    assert ab.gather([]) == []
    with pytest.raises(LookupError, match="first"):
        ab.gather([ab.submit(nap, 0.1), ab.submit(fail, "first"), ab.submit(fail, "second")])


def test_gather_wait_as_completed_say_what_they_take():
    future = ab.options(plan="serial").submit(square, 1)
    for function in (ab.gather, ab.wait, ab.as_completed):
        name = function.__name__
        with pytest.raises(TypeError, match=f"{name}: takes several futures"):
            function(future)
        with pytest.raises(TypeError, match=f"{name}: item 1 is 7, which is not a future"):
            function([future, 7])
    with pytest.raises(ValueError, match="wait: return_when='ANY'"):
        ab.wait([future], return_when="ANY")


def test_futures_of_both_libraries_together(parallel):
    with cf.ThreadPoolExecutor(1) as executor:
        theirs, ours = executor.submit(square, 2), ab.submit(square, 3)
        done, _ = ab.wait([theirs, ours], timeout=10)
        assert done == {theirs, ours}


def test_waiting_for_what_ended_long_ago(plan):
    """Nobody asked these futures before, so nothing has settled them yet."""
    for ask in (ab.wait, cf.wait):
        future = ab.submit(square, 3)
        time.sleep(0.1)
        assert ask([future], timeout=5).done == {future}
    future = ab.submit(square, 3)
    time.sleep(0.1)
    assert list(ab.as_completed([future], timeout=5)) == [future]

    async def main():
        future = ab.submit(square, 3)
        time.sleep(0.1)
        return await asyncio.wait_for(future, 5)

    assert asyncio.run(main()) == 9


def test_thousands_waited_for_at_once(parallel):
    futures = [ab.submit(square, k) for k in range(3000)]
    done, pending = ab.wait(futures, timeout=15)
    assert len(done) == 3000 and not pending


@pytest.mark.parametrize("call", [ab.gather, ab.as_completed, ab.wait])
def test_what_is_no_list_of_futures(call):
    name = call.__name__
    wrong = rf"{name}: takes several futures, and 3 is none\nhint: {name}\("
    with pytest.raises(TypeError, match=wrong):
        call(3)
    with pytest.raises(TypeError, match=r"item 0 is <Delayed abs>, .*\nhint: abreast.compute"):
        call([ab.delayed(abs)(-1)])
