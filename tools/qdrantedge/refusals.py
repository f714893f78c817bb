"""What is answered instead of a result: a gRPC code and a line of text."""

import grpc


class Refused(Exception):
    """An answer other than OK. Its text goes to the client as it stands."""

    def __init__(self, code: grpc.StatusCode, text: str) -> None:
        super().__init__(text)
        self.code = code


def invalid(text: str) -> Refused:
    return Refused(grpc.StatusCode.INVALID_ARGUMENT, text)


def unserved(what: str) -> Refused:
    return Refused(grpc.StatusCode.UNIMPLEMENTED, f"this test server does not serve {what}")


def missing(name: str) -> Refused:
    return Refused(grpc.StatusCode.NOT_FOUND, f"Not found: Collection `{name}` doesn't exist!")


# The engine raises bare exceptions, so what went wrong is in their text alone.
NOT_FOUND = ("No point with id",)
INVALID = (
    "Vector dimension error",
    "Not existing vector name",
    "Wrong usage",
    "Validation failed",
    "No range index",
    "Conversion between",
    "Bad request",
    "Wrong input",
    "Malformed",
)


def of_engine(error: BaseException) -> Refused:
    """What the server answers where the engine raises error."""
    if isinstance(error, Refused):
        return error
    text = str(error)
    if isinstance(error, NotImplementedError):
        return unserved("this method")
    if "Shard is not initialized" in text:  # closed by a delete between look-up and use
        return Refused(grpc.StatusCode.NOT_FOUND, "Not found: the collection was deleted meanwhile")
    if any(part in text for part in NOT_FOUND):
        return Refused(grpc.StatusCode.NOT_FOUND, f"Not found: {text}")
    if isinstance(error, (ValueError, TypeError, OverflowError)) or any(part in text for part in INVALID):
        return invalid(f"Wrong input: {text}")
    return Refused(grpc.StatusCode.INTERNAL, f"Service internal error: {type(error).__name__}: {text}")
