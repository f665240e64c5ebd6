"""assay policy: list them, show one, validate one."""

import click


@click.group()
def policy() -> None:
    """List, show or validate policies.

    \b
    Examples:
      assay policy list
      assay policy show release-gate > my-policy.yaml
      assay policy validate my-policy.yaml
    """


@policy.command("list")
def list_() -> int:
    """List the policies that ship with Assay."""
    from audit.policy.read import read_policy, shipped_policies

    for name in shipped_policies():
        click.echo(f"{name:<24} {read_policy(name).title}")
    return 0


@policy.command()
@click.argument("name", metavar="POLICY")
def show(name: str) -> int:
    """Print the YAML of POLICY, a good start for your own."""
    from audit.policy.read import find_policy, read_policy

    read_policy(name)
    click.echo(find_policy(name).read_text(encoding="utf-8"), nl=False)
    return 0


@policy.command()
@click.argument("name", metavar="POLICY")
def validate(name: str) -> int:
    """Check POLICY: its form, and that its checks, metrics and options exist."""
    from audit.catalogue import find_checks, get_check
    from audit.options import configure
    from audit.plan import Wish, refuse_unknown
    from audit.policy.read import read_policy

    found, catalogue = read_policy(name), find_checks()
    refuse_unknown(found, catalogue, Wish())
    for check, options in found.options.items():
        configure(get_check(catalogue, check), options)
    click.echo(f"{found.id} {found.version} is a valid policy with {len(found.controls)} controls.")
    return 0
