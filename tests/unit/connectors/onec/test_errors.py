"""The error table: status × code of 1C × shape of the body."""

from __future__ import annotations

import json

import pytest
import requests

from uchet.connectors.onec.errors import CODES, explain, fault, mask, odata_errors
from uchet.errors import Blocked, Fatal, Reject, Retry, Stale, UchetError, Unknown

HTML = "<html><body><h1>HTTP: Not found</h1>1C:Enterprise 8 application error</body></html>"
CLOSED = (
    "Перемещение ОС 0000-000012 от 10.02.2026 невозможно поместить в запрещенный период. "
    "Запрещено изменять данные с датой ранее 28.02.2026 (включительно)."
)


def _answer(status: int, body: str | bytes = b"") -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made._content = body.encode() if isinstance(body, str) else body
    return made


def _odata(code: str, text: str = "текст") -> str:
    return json.dumps({"odata.error": {"code": code, "message": {"lang": "ru", "value": text}}}, ensure_ascii=False)


def _xml(code: str, text: str = "текст") -> str:
    ns = "http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"
    return (
        f'<?xml version="1.0"?><m:error xmlns:m="{ns}"><m:code>{code}</m:code><m:message>{text}</m:message></m:error>'
    )


def _error(status: int, body: str | bytes, write: bool = False) -> UchetError:
    found = odata_errors(_answer(status, body), write)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("status", "body", "read", "write", "code"),
    [
        (401, "", Fatal, Fatal, "login"),
        (401, HTML, Fatal, Fatal, "login"),
        (401, _odata("20"), Fatal, Fatal, "rights"),
        (403, HTML, Fatal, Fatal, "forbidden"),
        (404, _odata("8"), Blocked, Blocked, "not_published"),
        (404, _xml("8"), Blocked, Blocked, "not_published"),
        (404, _odata("9"), Reject, Reject, "not_found"),
        (404, "", Fatal, Fatal, "publication"),
        (404, HTML, Fatal, Fatal, "publication"),
        (400, _odata("15"), Reject, Reject, "exists"),
        (400, _odata("6"), Blocked, Blocked, "drift"),
        (400, _odata("11"), Blocked, Blocked, "drift"),
        (405, "", Fatal, Fatal, "unsupported"),
        (406, "", Retry, Retry, "session"),
        (412, "", Stale, Stale, "stale"),
        (413, HTML, Reject, Reject, "too_large"),
        (429, "", Retry, Retry, "busy"),
        (501, "", Fatal, Fatal, "unsupported"),
        (500, _odata("-1", "Не удалось записать: «Склад 1»"), Reject, Reject, "refused"),
        (500, _odata("-1", CLOSED), Blocked, Blocked, "closed_period"),
        (500, _odata("-1", "Конфликт блокировок при выполнении транзакции"), Retry, Retry, "lock"),
        (500, _odata("-1", "База данных заблокирована"), Retry, Retry, "maintenance"),
        (500, _odata("-1", "Не обнаружено свободной лицензии!"), Retry, Retry, "licence"),
        (500, "<html>Не обнаружено свободной лицензии!</html>", Retry, Retry, "licence"),
        (503, "License is not found", Retry, Retry, "licence"),
        (200, HTML, Fatal, Fatal, "login_page"),
        (200, "<!DOCTYPE html><p>Вход</p>", Fatal, Fatal, "login_page"),
    ],
)
def test_the_table(status: int, body: str, read: type[UchetError], write: type[UchetError], code: str) -> None:
    for asked, expected in ((False, read), (True, write)):
        found = _error(status, body, asked)
        assert type(found) is expected
        assert found.code == code
        assert found.text("ru")


@pytest.mark.parametrize("body", ["", HTML, '{"exception":{},"descr":"x"}', "{", "<broken", b"\xff\xfe\x00"])
@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
def test_a_failure_without_a_word_of_1c_leaves_a_write_unknown(status: int, body: str | bytes) -> None:
    assert type(_error(status, body, write=True)) is Unknown
    assert type(_error(status, body, write=False)) is Retry


def test_a_refusal_by_1c_means_that_nothing_was_written() -> None:
    assert type(_error(500, _odata("-1"), write=True)) is Reject
    assert type(_error(500, _xml("-1"), write=True)) is Reject
    assert type(_error(500, _odata("-1", "Произошла внутренняя ошибка OData сервиса"), write=True)) is Reject


def test_a_bad_request_is_the_records_fault_in_a_write_and_ours_in_a_read() -> None:
    for code in ("1", "4", "5", "7", "12", "14", "16"):
        assert type(_error(400, _odata(code), write=True)) is Reject
        assert type(_error(400, _odata(code), write=False)) is Fatal


def test_every_documented_code_is_in_the_table() -> None:
    assert set(CODES) == {"-1", *(str(n) for n in range(22))}


def test_the_name_of_an_asset_is_no_licence_problem() -> None:
    found = _error(500, _odata("-1", "Не удалось записать: «Лицензия Windows»"), write=True)
    assert found.code == "refused"


def test_a_good_answer_is_none() -> None:
    assert odata_errors(_answer(200, b"\xef\xbb\xbf12"), False) is None
    assert odata_errors(_answer(201, b'{"a":1}'), True) is None
    assert odata_errors(_answer(200, b"<?xml version='1.0'?><edmx:Edmx/>"), False) is None


def test_what_is_kept_of_a_text_names_nobody() -> None:
    text = "Элемент \"Иванов И.И.\" («Склад 5», 'abc') не найден: 770112345678, 8d04ce3c-0000-11ec-80d6-000c29b2ed21"
    found = _error(500, _odata("-1", text), write=True)
    said = f"{found} {found.evidence} {found.text('ru')}"
    for secret in ("Иванов", "Склад 5", "abc", "770112345678", "8d04ce3c"):
        assert secret not in said
    assert "не найден" in said
    assert len(mask("слово " * 1000)) <= 300


def test_evidence_tells_code_and_shape() -> None:
    found = explain(fault(_answer(500, b"\xef\xbb\xbf" + _odata("-1").encode())), True)
    assert found.evidence["code"] == "-1"
    assert found.evidence["shape"] == "odata"
