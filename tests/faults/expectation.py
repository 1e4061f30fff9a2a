"""What a gate must say: the HTTP code, and the states that its newest look may have, each with a phrase of the reason."""
import dataclasses
import re


@dataclasses.dataclass(frozen=True)
class Expectation:
    codes: tuple
    states: dict  # state: a regular expression for a phrase that its reason must hold

    def accepts_probe(self, code, body):
        """/readyz: the reason is told only where the gate is not ready."""
        told = any(f" {state}: " in body and re.search(phrase, body) for state, phrase in self.states.items())
        return code in self.codes and (code == 200 or told)

    def accepts_status(self, status):
        """/version/NAME"""
        code = 200 if status["ready"] else 503
        state, reason = status["state"], status["reason"]
        held = status["ready"] and state != "satisfied"
        told = state in self.states and re.search(self.states[state], reason)
        return code in self.codes and bool(told) and status["held"] == held


def ready(**states):
    return Expectation((200,), states)


def unready(**states):
    return Expectation((503,), states)


def either(**states):
    """Of a gate whose answer may change while the fault lasts; it may change only once."""
    return Expectation((200, 503), states)
