"""Every error raised on purpose. Anything else that surfaces is a bug and ends with exit code 4."""


class AssayError(Exception):
    """Root of the errors raised on purpose; the message is one sentence that says what to do next."""


class InputError(AssayError):
    """Something the user gave cannot be used: a path, an option, a file, a policy."""


class TargetError(InputError):
    """The model to audit is missing, damaged, unsafe to open or of a kind that cannot be audited."""


class DatasetError(InputError):
    """A data file does not fit its format; the message names the file and the line."""


class PolicyError(InputError):
    """A policy or a waiver file is not valid; the message names the place in the file."""


class CheckError(InputError):
    """A check does not exist, cannot be loaded or was given an option it does not have."""


class RunFolderError(InputError):
    """A run folder is missing, damaged, busy or belongs to another audit."""


class StorageError(AssayError):
    """The disk refused a write: what was stored before is kept, and the same command resumes."""


class EndpointError(AssayError):
    """A served model does not answer: what was answered before is kept, and the same command goes on.

    ``status`` is the HTTP status, or 0 where there was none.
    """

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status
