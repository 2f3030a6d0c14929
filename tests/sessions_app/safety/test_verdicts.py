"""What a verdict tells: reasons, targets, how far it reaches, and a safer way."""

from __future__ import annotations

from sessions_app.safety import Danger, Reason, Target, classify
from tests.sessions_app.safety.calls import codes, danger, shell, tool, verdict


def test_a_deleted_tree_names_its_target_and_a_way_back() -> None:
    found = verdict("rm -rf build")

    assert found.danger is Danger.DANGEROUS
    assert found.reasons == (
        Reason("files.delete_tree", "Deletes directories with everything below them."),
    )
    assert found.targets == (Target("path", "/workspace/build"),)
    assert found.blast_radius == "named files of the workspace: /workspace/build"
    assert found.safer is not None
    assert found.safer.startswith("Move the directory aside")


def test_a_harmless_call_has_nothing_to_say() -> None:
    found = verdict("git status")

    assert found.danger is Danger.NONE
    assert (found.reasons, found.targets, found.blast_radius, found.safer) == ((), (), "", None)


def test_the_farthest_reach_is_told() -> None:
    assert verdict("git push -f origin main").blast_radius.startswith(
        "other machines or services that people share"
    )
    assert verdict("rm -rf /").blast_radius == "this whole machine: /"
    assert verdict("cat ~/.ssh/id_rsa").blast_radius == (
        "credentials or private content: ~/.ssh/id_rsa"
    )


def test_the_worst_reason_comes_first() -> None:
    assert codes("sudo rm -rf /opt/app")[0] == "files.delete_tree"


def test_many_targets_are_counted_not_listed() -> None:
    radius = verdict("rm -rf a b c d e f").blast_radius

    assert radius.endswith("and 2 more")


def test_an_unknown_target_is_shown_as_it_was_written() -> None:
    assert verdict('rm -rf "$OUT_DIR"').targets == (Target("path", "${OUT_DIR}"),)


def test_paths_outside_are_judged_from_the_directory_the_command_stands_in() -> None:
    assert verdict("cd /srv && rm -r uploads").targets == (Target("path", "/srv/uploads"),)
    assert danger("cd /tmp/x && rm -rf y") == "caution"


def test_the_workspace_is_where_the_call_says_it_is() -> None:
    inside = shell("echo x > /home/me/project/a.txt", workspace="/home/me/project")
    outside = shell("echo x > /workspace/a.txt", workspace="/home/me/project")

    assert classify(inside).danger is Danger.NONE
    assert classify(outside).danger is Danger.DANGEROUS


def test_named_files_are_caution_and_open_sets_are_dangerous() -> None:
    assert danger("rm notes.txt draft.txt") == "caution"
    assert danger("rm *.txt") == "dangerous"
    assert danger('rm "$FILE"') == "dangerous"
    assert danger("rm -r notes") == "dangerous"
    assert danger("rm -rf node_modules") == "caution"


def test_ordinary_edits_of_the_workspace_are_harmless() -> None:
    assert danger("echo hello > notes.txt") == "none"
    assert classify(tool("write_file", path="src/a.py", content="x")).danger is Danger.NONE


def test_dangers_compare_by_severity() -> None:
    assert Danger.NONE < Danger.CAUTION < Danger.DANGEROUS
    assert max(Danger.NONE, Danger.DANGEROUS, Danger.CAUTION) is Danger.DANGEROUS
