#!/usr/bin/env python3
"""What a load generator wrote down, counted: prints answers and errors before and after a moment, by release.

    story.py FILE MOMENT      MOMENT: when the migration command began its work, as seconds since 1970
"""

import sys


def main():
    moment = float(sys.argv[2])
    count = {"old_before": 0, "new_before": 0, "old_after": 0, "new_after": 0, "errors": 0}
    with open(sys.argv[1]) as lines:
        for line in lines:
            _, ended, status, release = line.split()
            if status != "200":
                count["errors"] += 1
            else:
                count[("old" if release == "1" else "new") + ("_before" if float(ended) < moment else "_after")] += 1
    print(" ".join(f"{name}={number}" for name, number in count.items()))


main()
