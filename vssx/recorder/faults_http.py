"""Faults of the HTTP answers: status, length, envelope, bytes."""

from __future__ import annotations

import re
import threading
from dataclasses import replace

from vssx import xml
from vssx.errors import ProtocolError
from vssx.onvif.namespaces import SOAP11, SOAP12
from vssx.recorder.faults import Faults
from vssx.recorder.outgoing import HttpAnswer

_BUSY_ANSWERS = 2
_BUSY_HEADERS = (("Retry-After", "0"), ("Content-Length", "0"))
_TIME = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)Z")
_DECLARATIONS = re.compile(rb'\sxmlns:(?:tns1|ter)="[^"]*"')
_HTML = b"<html><head><title>404</title></head><body><p>The page was not found<br></body></html>"


class HttpFaults:
    """One recorder's faults of HTTP."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._lock = threading.Lock()
        self._answered = 0

    def changed(self, operation: str, answer: HttpAnswer) -> HttpAnswer:
        """The answer as this recorder sends it."""
        faults = self._faults
        status = faults.text("busy")
        if status is not None and self._is_busy():
            return HttpAnswer(status=int(status), headers=_BUSY_HEADERS)
        body, status_code, content_type = answer.body, answer.status, None
        fault = b":Fault>" in body
        if operation and operation == faults.text("garbage-soap"):
            body, content_type = _HTML, "text/html"
        elif faults.on("soap11") or (fault and faults.on("soap11-fault")):
            body, content_type = _as_soap11(body), "text/xml; charset=utf-8"
            status_code = 500 if fault else status_code
        if fault and faults.on("fault-400"):
            status_code = 400
        body = self._spelt(body)
        length = len(body) + int(faults.number("content-length") or 0)
        fields = [
            (name, str(max(length, 0)) if name == "Content-Length" else content_type or value)
            if name in ("Content-Length", "Content-Type")
            else (name, value)
            for name, value in answer.headers
        ]
        closes = answer.closes or faults.on("close-each")
        return replace(answer, status=status_code, headers=tuple(fields), body=body, closes=closes)

    def _is_busy(self) -> bool:
        with self._lock:
            self._answered += 1
            return self._answered <= _BUSY_ANSWERS

    def _spelt(self, body: bytes) -> bytes:
        if self._faults.on("times-without-z"):
            body = _TIME.sub(rb"\1", body)
        if self._faults.on("undeclared-prefix"):
            body = _DECLARATIONS.sub(b"", body)
        if self._faults.on("latin-1"):
            body = body.decode("utf-8").encode("latin-1", "xmlcharrefreplace")
        return b"\xef\xbb\xbf" + body if self._faults.on("bom") else body


def _as_soap11(body: bytes) -> bytes:
    """The envelope in the namespace of SOAP 1.1, a fault in its form (SOAP 1.1 section 4.4)."""
    try:
        root = xml.parse(body)
    except ProtocolError:
        return body  # not an envelope
    fault = xml.find(root, "Body", "Fault")
    if fault is not None:
        code = xml.text(fault, "Code", "Value").rpartition(":")[2]
        reason = xml.text(fault, "Reason", "Text")
        subcode = xml.text(fault, "Code", "Subcode", "Value")
        for child in list(fault):
            fault.remove(child)
        xml.add(fault, "", "faultcode", f"s:{'Client' if code == 'Sender' else 'Server'}")
        xml.add(fault, "", "faultstring", f"{subcode}: {reason}" if subcode else reason)
    return xml.serialize(root).replace(SOAP12.encode(), SOAP11.encode())
