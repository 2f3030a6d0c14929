"""An agent in plain Python: the Agent Client Protocol without its library, in any sandbox.

It writes a file and runs a command through its client, tries to read what the sandbox should
hide, and reports what it saw. Told to clean up, it speaks before and after a dangerous command.
"""

import json
import os
import sys
from pathlib import Path

waiting = iter(range(1, 100))


def send(**message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def ask(method, **params):
    key = next(waiting)
    send(id=key, method=method, params={"sessionId": "s", **params})
    return json.loads(sys.stdin.readline())["result"]


def say(text):
    content = {"type": "text", "text": text}
    update = {"sessionUpdate": "agent_message_chunk", "content": content}
    send(method="session/update", params={"sessionId": "s", "update": update})


def seen(path):
    try:
        return Path(path).read_text()
    except OSError as error:
        return type(error).__name__


def run(command):
    terminal = ask("terminal/create", command=command)["terminalId"]
    return ask("terminal/wait_for_exit", terminalId=terminal)["exitCode"]


def clean_up():
    say("I will clean up.")
    say(f" It is clean: {run('rm -rf build; echo cleaned >> log')}.")
    return {"stopReason": "end_turn"}


def prompt(hidden):
    if hidden == "Clean up.":
        return clean_up()
    ask("fs/write_text_file", path="/workspace/out.txt", content="from the agent")
    code = run("ls")
    say(f"exit {code}; hidden: {seen(hidden)}; ")
    say(f"env: {','.join(sorted(set(os.environ) & {'AGENT_KEY', 'SECRET_OF_OURS'}))}")
    return {"stopReason": "end_turn"}


ANSWERS = {
    "initialize": lambda _: {"protocolVersion": 1, "agentCapabilities": {}},
    "session/new": lambda _: {"sessionId": "s"},
    "session/prompt": lambda params: prompt(params["prompt"][-1]["text"]),
}

for line in sys.stdin:
    request = json.loads(line)
    if "id" in request:
        send(id=request["id"], result=ANSWERS[request["method"]](request["params"]))
