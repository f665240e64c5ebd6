"""assay cache: what is kept between runs, and how to be rid of it."""

import click


@click.group()
def cache() -> None:
    """Show or clear what is kept between runs: answers, converted models, the demo model.

    \b
    Examples:
      assay cache info
      assay cache clear
      assay cache clear --all
    """


@cache.command()
def info() -> int:
    """Show where the cache is and how much it holds."""
    from audit.models.response_cache import count_answers
    from audit.target.cache_folder import ANSWERS, cache_folder, parts

    folder = cache_folder()
    click.echo(f"{folder} (set ASSAY_CACHE to move it)")
    for part in parts(folder):
        click.echo(f"{part.name:<12}{part.size / 1e6:>10,.1f} MB  {part.what}")
    click.echo(f"{'':<12}{count_answers(folder / ANSWERS):>10,} answers")
    return 0


@cache.command()
@click.option("--all", "everything", is_flag=True, help="Also converted models and the demo model.")
def clear(everything: bool) -> int:
    """Remove the answers that models gave; they are asked again when needed."""
    from audit.target.cache_folder import cache_folder, remove

    freed = remove(cache_folder(), everything=everything)
    click.echo(f"Freed {freed / 1e6:,.1f} MB.")
    return 0
