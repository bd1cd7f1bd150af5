"""`python -m tests.verification.harness [--misses] [--every K] [--only right|wrong]`: claims judged, rates printed."""

from __future__ import annotations

import argparse
import sys

from tests.verification.harness.judging import Outcome, judged
from tests.verification.harness.table import right_table, wrong_table
from tests.verification.harness.trials import right, wrong


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.verification.harness")
    parser.add_argument("--every", type=int, default=1, help="judge only every so manieth claim")
    parser.add_argument("--only", choices=("right", "wrong"), help="judge only these")
    parser.add_argument("--misses", action="store_true", help="list the claims that were not proved or not diagnosed")
    options = parser.parse_args()
    if options.only != "right":
        outcomes = [judged(t) for t in wrong()[:: options.every]]
        print(wrong_table(outcomes), flush=True)
        _list([o for o in outcomes if o.accepted or (options.misses and not o.diagnosed)])
    if options.only != "wrong":
        outcomes = [judged(t) for t in right()[:: options.every]]
        print(right_table(outcomes), flush=True)
        _list([o for o in outcomes if o.refuted or (options.misses and not o.proved)])


def _list(outcomes: list[Outcome]) -> None:
    for outcome in outcomes:
        v = outcome.verdict
        print(f"{outcome.trial}\n    {v.verdict} {v.ratio} {v.difference!r} {list(v.hints)} {outcome.seconds:.1f} s")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
