"""Changes to a manifest before it is applied: what the tests need otherwise, or leave out."""
import yaml

from cluster import EXAMPLE


def gates(manifest):
    return manifest["spec"]["template"]["spec"]["initContainers"]


def set_spec(**values):
    return lambda manifest: manifest["spec"].update(values)


def set_gate(**variables):
    """Of what the gate finds in its environment, without the prefix."""
    def change(manifest):
        for gate in gates(manifest):
            gate["env"] += [{"name": f"SCHEMALATCH_{name}", "value": value} for name, value in variables.items()]
    return change


# A ready gate looks each 30 s: it would not even notice a short outage.
look_often = set_gate(INTERVAL_READY="1s")


def gate_the_start(manifest):
    """As the strategic merge of startup-gate.yaml does it."""
    patch = yaml.safe_load((EXAMPLE / "startup-gate.yaml").read_text())
    for theirs in gates(patch):
        next(it for it in gates(manifest) if it["name"] == theirs["name"]).update(theirs)


def take_out_the_gate(manifest):
    for gate in gates(manifest):
        del gate["readinessProbe"]
