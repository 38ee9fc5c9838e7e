"""The forms that JSON may have. A form is called with a value and the way to it, and refuses.

Strict on purpose: a member that is not named is refused, as the real services do it.
"""

import json
import re

from .refusal import Refusal


def parsed(raw):
    """The body as JSON: one object, no member twice, no numbers that JSON has not."""
    try:
        value = json.loads(raw, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, UnicodeDecodeError) as error:
        raise Refusal(400, f"the body is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise Refusal(400, "the body is no JSON object")
    return value


def _once(pairs):
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member stands there twice")
    return members


def _no_constant(name):
    raise ValueError(f"{name} is no number")


def anything(_value, _path):
    pass


def _of(kind, named):
    def form(value, path):
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise Refusal(400, f"should be {named}, not {_named(value)}", path, "type")

    return form


def _named(value):
    names = {str: "a string", bool: "a boolean", dict: "an object", list: "an array"}
    return names.get(type(value), "null" if value is None else "a number")


text = _of(str, "a string")
flag = _of(bool, "a boolean")
mapping = _of(dict, "an object")


def filled(value, path):
    """A text that is not empty."""
    text(value, path)
    if not value:
        raise Refusal(400, "should not be empty", path)


def _bounded(plain, least, most):
    def form(value, path):
        plain(value, path)
        if least is not None and value < least:
            raise Refusal(400, f"should be at least {least}, and is {value}", path)
        if most is not None and value > most:
            raise Refusal(400, f"should be at most {most}, and is {value}", path)

    return form


def whole(least=None, most=None):
    return _bounded(_of(int, "an integer"), least, most)


def number(least=None, most=None):
    return _bounded(_of((int, float), "a number"), least, most)


def nullable(form):
    def either(value, path):
        if value is not None:
            form(value, path)

    return either


def words(*known):
    def form(value, path):
        text(value, path)
        if value not in known:
            raise Refusal(400, f"should be one of {', '.join(known)}, not `{value}`", path)

    return form


def matching(pattern):
    compiled = re.compile(pattern)

    def form(value, path):
        text(value, path)
        if not compiled.fullmatch(value):
            raise Refusal(400, f"`{value}` should match the pattern ^{pattern}$", path)

    return form


def list_of(form, least=0, most=None):
    def items(value, path):
        _of(list, "an array")(value, path)
        if len(value) < least or (most is not None and len(value) > most):
            raise Refusal(400, f"has {len(value)} items; {least} to {most} are taken", path)
        for at, item in enumerate(value):
            form(item, (*path, at))

    return items


def map_of(form):
    def members(value, path):
        mapping(value, path)
        for name, member in value.items():
            form(member, (*path, name))

    return members


def record(must=None, may=None):
    """An object with the members that it must have and those that it may have, and no others."""
    must, may = must or {}, may or {}
    known = must | may

    def form(value, path):
        mapping(value, path)
        for name in value:
            if name not in known:
                raise Refusal(400, f"`{name}` is not known here", (*path, name), "unknown")
        for name in must:
            if name not in value:
                raise Refusal(400, f"`{name}` is missing", (*path, name), "missing")
        for name, member in value.items():
            known[name](member, (*path, name))

    return form


def tagged(key, forms, default=None):
    """An object whose form depends on the word in one member."""

    def form(value, path):
        mapping(value, path)
        word = value.get(key, default)
        if word is None:
            raise Refusal(400, f"`{key}` is missing", (*path, key), "missing")
        words(*forms)(word, (*path, key))
        forms[word]({name: it for name, it in value.items() if name != key}, path)

    return form


def by_kind(forms):
    """Whatever form belongs to the kind of value that is there."""

    def form(value, path):
        for kind, own in forms.items():
            if isinstance(value, kind):
                own(value, path)
                return
        takes = " or ".join(_named(kind()) for kind in forms)
        raise Refusal(400, f"should be {takes}, not {_named(value)}", path, "type")

    return form


def arguments(value, path):
    """A call's arguments as a text: it has to be a JSON object."""
    text(value, path)
    try:
        is_object = isinstance(json.loads(value), dict)
    except ValueError:
        is_object = False
    if not is_object:
        raise Refusal(400, "the arguments are no JSON object", path)


_TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")


def schema(value, path):
    """A JSON schema, as far as models read them."""
    if isinstance(value, bool):
        return
    mapping(value, path)
    if "type" in value:
        types = value["type"] if isinstance(value["type"], list) else [value["type"]]
        for word in types:
            words(*_TYPES)(word, (*path, "type"))
    for _, member, at in parts_of_schema(value, path):
        schema(member, at)
    if "required" in value:
        list_of(text)(value["required"], (*path, "required"))
        for name in value["required"]:
            if "properties" in value and name not in value["properties"]:
                raise Refusal(400, f"`{name}` is required and not described", (*path, "required"))


def closed_schema(value, path, whole_list=False):
    """A schema whose objects take no other members; with `whole_list`, all of them are required."""
    schema(value, path)
    if isinstance(value, bool):
        return
    if value.get("type") == "object":
        if value.get("additionalProperties") is not False:
            at = (*path, "additionalProperties")
            raise Refusal(400, "`additionalProperties` has to be false for an object", at)
        missing = set(value.get("properties", {})) - set(value.get("required", []))
        if whole_list and missing:
            raise Refusal(400, f"`{missing.pop()}` has to be required", (*path, "required"))
    for _, member, at in parts_of_schema(value, path):
        closed_schema(member, at, whole_list)


def parts_of_schema(value, path):
    """The schemas within a schema, with the way to each."""
    for key in ("properties", "$defs", "definitions"):
        for name, member in value.get(key, {}).items():
            yield name, member, (*path, key, name)
    for key in ("items", "additionalProperties", "not"):
        if key in value:
            yield key, value[key], (*path, key)
    for key in ("anyOf", "allOf", "oneOf", "prefixItems"):
        for at, member in enumerate(value.get(key, [])):
            yield key, member, (*path, key, at)
