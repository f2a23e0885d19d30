"""What tasks of graphs, and submitted ones, print: in serial order, or after their names."""

import os
import pty
import subprocess
import sys
import termios
import threading
import time

import pytest

import abreast as ab

PLANS = ["serial", "threads:2", "processes:2"]


def says(n, *_inputs):
    time.sleep(0.002 * (n % 3))
    print("begins", n)
    print("ends", n)
    return n


def fails_once(path):
    print("tries")
    if not path.exists():
        path.write_text("")
        raise OSError("first time")


says_ = ab.delayed(says)


@pytest.mark.parametrize("where", PLANS)
def test_a_graph_of_many_bundles_prints_in_serial_order(capsys, where):
    leaves = [says_(n) for n in range(60)]
    ab.compute(says_(60, *leaves), plan=where)
    expected = "".join(f"begins {n}\nends {n}\n" for n in range(61))
    assert capsys.readouterr().out == expected


@pytest.mark.parametrize("where", PLANS)
def test_tags_name_function_and_place(capsys, where):
    value = says_(5, says_(4))
    ab.compute(value, plan=where, output="tagged")
    expected = "[says 0] begins 4\n[says 0] ends 4\n[says 1] begins 5\n[says 1] ends 5\n"
    assert capsys.readouterr().out == expected
    value.compute(plan=where, output="tagged")
    assert capsys.readouterr().out == expected
    ab.persist(value, plan=where, output="tagged")
    assert capsys.readouterr().out == expected
    stated = ab.options(plan=where, output="tagged").delayed(says)
    ab.compute(stated(5, says_(4)))
    assert capsys.readouterr().out == expected
    ab.compute(stated(5), output="ordered")
    assert capsys.readouterr().out == "begins 5\nends 5\n"


def test_an_unknown_way_is_refused():
    for call in (ab.compute, ab.persist):
        with pytest.raises(ValueError, match="one of 'ordered', 'live', 'tagged'"):
            call(says_(1), output="loud")


@pytest.mark.parametrize("where", PLANS[1:])
def test_the_first_task_is_heard_while_it_runs(capsys, where, tmp_path):
    def waits(path):
        print("waits")
        end = time.monotonic() + 20
        while not path.exists() and time.monotonic() < end:
            time.sleep(0.01)
        return path.exists()

    seen = []

    def look():
        end = time.monotonic() + 10
        while time.monotonic() < end and "waits" not in "".join(seen):
            time.sleep(0.05)
            seen.append(capsys.readouterr().out)
        (tmp_path / "go").write_text("")

    looker = threading.Thread(target=look)
    looker.start()
    assert ab.compute(ab.delayed(waits)(tmp_path / "go"), plan=where)
    looker.join()
    assert "".join(seen) == "waits\n"


@pytest.mark.parametrize("where", PLANS)
def test_submitted_tasks_are_tagged(capsys, where):
    def speaks(text):
        print(text)
        print("half", end="")

    tagged = ab.options(plan=where, output="tagged")
    first, second = tagged.submit(speaks, "a"), tagged.submit(speaks, "b")
    ab.gather([first, second])
    lines = sorted(capsys.readouterr().out.splitlines())
    name = "test_submitted_tasks_are_tagged.<locals>.speaks"
    numbers = [int(line.partition("]")[0].split()[1]) for line in lines]
    low = min(numbers)
    expected = [(low, "a"), (low, "half"), (low + 1, "b"), (low + 1, "half")]
    assert lines == [f"[{name} {n}] {text}" for n, text in expected]


@pytest.mark.parametrize("where", PLANS)
def test_each_try_is_tagged(capsys, where, tmp_path):
    ab.options(plan=where, output="tagged", retries=1).submit(fails_once, tmp_path / "x").result()
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition("] ")[2] for line in lines] == ["tries", "tries"]


def test_a_dependent_is_tagged(capsys):
    with ab.plan("threads:2"):
        first = ab.submit(time.sleep, 0.05)
        ab.options(output="tagged").submit(says, 1, first).result()
    assert capsys.readouterr().out.startswith("[says ")


@pytest.mark.parametrize("where", PLANS)
def test_output_stands_above_the_bar(capfd, where):
    def half(n):
        print("half", n, end="")
        time.sleep(0.15)
        print(" whole", n)

    ab.map(half, range(3), progress="always", plan=where)
    told = capfd.readouterr()
    assert told.out == "".join(f"half {n} whole {n}\n" for n in range(3))
    ab.compute([ab.delayed(half)(n) for n in range(3)], progress="always", plan=where)
    assert capfd.readouterr().out == told.out


@pytest.mark.parametrize("where", PLANS)
def test_on_a_terminal_no_line_is_shared_with_the_bar(where):
    program = f"""
import time, sys
import abreast as ab
def speaks(n):
    print("half", n, end="", flush=True)
    time.sleep(0.15)
    print(" whole", n, flush=True)
    print("error", n, file=sys.stderr)
ab.map(speaks, range(4), progress=True, plan={where!r})
"""
    shown = on_terminal(program)
    lines = [line for line in screen(shown) if line]
    wanted = [text for n in range(4) for text in (f"half {n} whole {n}", f"error {n}")]
    assert lines[:-1] == wanted, shown
    assert "4/4" in lines[-1]


def on_terminal(program):
    """Run a program whose standard streams are a terminal; return what it wrote there."""
    parent, child = pty.openpty()
    termios.tcsetwinsize(child, (24, 80))
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=child, stdout=child, stderr=child
    )
    os.close(child)
    text = b""
    try:
        while piece := os.read(parent, 4096):
            text += piece
    except OSError:  # the other end is closed
        pass
    finally:
        os.close(parent)
        assert process.wait(20) == 0, text
    return text.decode()


def screen(text):
    """Return the lines that a terminal shows after this text."""
    lines = [""]
    column = 0
    text = text.replace("\r\n", "\n").replace("\x1b[A", "")
    for letter in text:
        if letter == "\n":
            lines.append("")
            column = 0
        elif letter == "\r":
            column = 0
        else:
            lines[-1] = lines[-1][:column].ljust(column) + letter + lines[-1][column + 1 :]
            column += 1
    return [line.rstrip() for line in lines]
