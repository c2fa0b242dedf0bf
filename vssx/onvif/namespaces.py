"""Namespace names of ONVIF, WS-Notification, WS-Security and SOAP."""

from __future__ import annotations

SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
TT = "http://www.onvif.org/ver10/schema"
TDS = "http://www.onvif.org/ver10/device/wsdl"
TRC = "http://www.onvif.org/ver10/recording/wsdl"
TSE = "http://www.onvif.org/ver10/search/wsdl"
TRP = "http://www.onvif.org/ver10/replay/wsdl"
TER = "http://www.onvif.org/ver10/error"
TNS1 = "http://www.onvif.org/ver10/topics"
WSNT = "http://docs.oasis-open.org/wsn/b-2"
WSA = "http://www.w3.org/2005/08/addressing"
WSA_2004 = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
WSD = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
TDN = "http://www.onvif.org/ver10/network/wsdl"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
PASSWORD_DIGEST = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"  # noqa: S105
BASE64_BINARY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
FULL_TOPICS = "http://docs.oasis-open.org/wsn/t-1/TopicExpression/Full"
CONCRETE_SET = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"
ITEM_FILTER = "http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter"
VSSX_TOPICS = "urn:vssx:topics:1"
"""Namespace of topics of our own, for events that no recorder knows: ``vssx:Incident/...``."""

TOPIC_PREFIXES = {
    "tns1": TNS1,
    "vssx": VSSX_TOPICS,
    "tnsaxis": "http://www.axis.com/2009/event/topics",
    "tnshik": "http://www.hikvision.com/2011/event/topics",
    "tnssamsung": "http://www.samsungcctv.com/2011/event/topics",
}
"""Prefixes of topic namespaces as they are written here."""

PREFIXES = {
    "s": SOAP12,
    "tt": TT,
    "tds": TDS,
    "trc": TRC,
    "tse": TSE,
    "trp": TRP,
    "ter": TER,
    "tns1": TNS1,
    "wsnt": WSNT,
    "wsa": WSA,
    "a": WSA_2004,
    "d": WSD,
    "tdn": TDN,
    "wsse": WSSE,
    "wsu": WSU,
}


def prefixes(*names: str) -> dict[str, str]:
    """The part of PREFIXES with these prefixes."""
    return {name: PREFIXES[name] for name in names}
