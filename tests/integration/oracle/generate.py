#!/usr/bin/python3
"""Random Alembic projects, and what real Alembic says of them, as JSON lines for oracle_judge.

One line for every image, which is the first 1, 2, ... revisions of a project, and a last one with the seed and the
number of projects. The files stay in the folder, since oracle_judge bakes them.
"""

import argparse
import json
import os
import random
import sys
import warnings

sys.dont_write_bytecode = True  # before the revision files are loaded

from project import make_project  # noqa: E402
from reality import Image, Loader, database_states  # noqa: E402


def image_lines(source, loader, folder):
    project = make_project(source, folder)
    scripts = loader.images(project)
    states = database_states(source, scripts)
    for size, script in enumerate(scripts, 1):
        image = Image(script)
        yield {
            "project": os.path.basename(folder),
            "files": [revision.path for revision in project.revisions[:size]],
            "required": image.required,
            "databases": [image.truth(heads) for heads in states],
        }


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", required=True, help="an empty one")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(31))
    parser.add_argument("--projects", type=int, default=500)
    return parser.parse_args()


def main():
    given = arguments()
    print(f"generate.py: seed {given.seed}", file=sys.stderr)
    warnings.simplefilter("ignore")  # Alembic's, on ambiguous downgrades
    loader = Loader()
    for number in range(given.projects):
        # Each project has a seed of its own, so that its number finds it again.
        source = random.Random(f"{given.seed}/{number}")
        for line in image_lines(source, loader, os.path.join(given.folder, f"project{number}")):
            print(json.dumps(line))
    print(json.dumps({"seed": given.seed, "projects": given.projects}))


main()
