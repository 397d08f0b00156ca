"""OpenAPI 3.1 description of the JSON endpoints, served at /api/v1/openapi.json."""

from __future__ import annotations

from typing import Any

from referral_app import __version__

_TEXTS = {"type": "array", "items": {"type": "string"}}
_KINDS = ["suicide", "self_harm", "other_person", "bereavement", "violence", "child_abuse"]


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


_TEXT: dict[str, Any] = {"type": "string"}
_QUESTION = _object(id=_TEXT, text={"type": "string", "maxLength": 10_000})
_QUESTION["properties"]["person"] = _TEXTS
_ANSWER = _object(
    id=_TEXT,
    alerts=_list(_object(kind={"enum": _KINDS}, level={"enum": ["imminent", "high", "concern"]})),
    worries=_list(_object(code=_TEXT, label=_TEXT, programmes=_TEXTS)),
    programmes=_list(
        _object(
            code=_TEXT,
            score={"type": "number"},
            reasons=_list(_object(words=_TEXTS, worry={"type": ["string", "null"]}, why=_TEXT)),
        )
    ),
    confident={"type": "boolean"},
)
_ANSWER["properties"]["fault"] = {"type": "string", "description": "いま使えないもの。ないときは、この項目もない"}
_ERROR = _object(error=_object(code=_TEXT, message=_TEXT))
_HEALTH = _object(status=_TEXT, app=_TEXT, catalogue=_TEXT)


def _answers(good: dict[str, Any], *bad: int) -> dict[str, Any]:
    def content(schema: dict[str, Any]) -> dict[str, Any]:
        return {"content": {"application/json": {"schema": schema}}}

    answers = {"200": {"description": "回答", **content(good)}}
    return answers | {str(code): {"description": "できない理由", **content(_ERROR)} for code in bad}


DESCRIPTION: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "つながるデスク", "version": __version__},
    "paths": {
        "/api/v1/match": {
            "post": {
                "summary": "お話から、悩みと事業を見つける",
                "requestBody": {"required": True, "content": {"application/json": {"schema": _QUESTION}}},
                "responses": _answers(_ANSWER, 400, 413),
            }
        },
        "/api/v1/openapi.json": {"get": {"summary": "この説明", "responses": _answers({"type": "object"})}},
        "/healthz": {
            "get": {
                "summary": "動いているか。止まっているときは 503 と理由",
                "responses": _answers(_HEALTH) | {"503": {"description": "止まっている理由"}},
            }
        },
    },
}
