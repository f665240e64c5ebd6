"""assay doctor: can this machine run an audit?"""

import click


@click.command()
def doctor() -> int:
    """Look at Python, libraries, cache, disk and the demo model, and say what to mend.

    \b
    Example:
      assay doctor
    """
    from audit.doctor import examine

    found = examine()
    for item in found:
        click.echo(f"{'ok  ' if item.ok else 'MEND'}  {item.name:<16} {item.says}")
    return 0 if all(item.ok for item in found) else 2
