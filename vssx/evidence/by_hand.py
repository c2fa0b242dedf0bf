"""VERIFY.txt: how to check a handover without vssx, in the order that closes the chain."""

from __future__ import annotations

from vssx.shown import shown_fingerprint

VERIFY_NAME = "VERIFY.txt"

_HEAD = """\
HOW TO CHECK THIS HANDOVER BY HAND
==================================

You need: sha256sum, openssl (1.1.1 or later), and the usual find, sort, cut, comm, cmp, sed of a Unix shell.
Run every command in this directory, the one that holds VERIFY.txt. Each step relies on the one before:
if one does not end as described, stop, and treat the handover as changed.

The handover sheet is the paper that came with this directory, but apart from it (vssx sheet makes it). If you have it,
begin with this number, which covers all files but those in signatures/. It must be the one on the sheet:

     sha256sum tagmanifest-sha256.txt | cut -c1-64 | sed 's/..../& /g'

"""

_SIGNED = """\
1. Whose certificate?
   Get the signer's certificate, or its fingerprint, from the handover sheet or from the signer directly.
   NEVER take it out of this directory: whoever changes a handover can put a certificate of his own into it.
   Save it as /trusted/cert.pem and compare the fingerprint with the sheet:

     openssl x509 -in /trusted/cert.pem -noout -fingerprint -sha256

   The certificate that signed, as this handover names it (no proof, for comparison only):
   - SHA-256 fingerprint  {fingerprint}
   - subject              {subject}
   If it was issued by an authority, /trusted/cert.pem must hold the authority's root certificate instead.

2. The signature over the list of lists. It must say "CMS Verification successful" (or "CAdES Verification
   successful"):

     openssl cms -verify -binary -purpose any -inform DER -in signatures/0001-export.p7s \\
       -content tagmanifest-sha256.txt -CAfile /trusted/cert.pem -out /dev/null

   openssl ignores bytes behind a signature. This must print nothing:

     openssl cms -cmsout -inform DER -outform DER -in signatures/0001-export.p7s | cmp - signatures/0001-export.p7s

   Files signatures/NNNN-signature.p7s, if there are any, were added later; check each of them in the same way, with
   the certificate of whoever added it.

"""

_UNSIGNED = """\
1. and 2. THIS HANDOVER WAS MADE WITHOUT A KEY. It is unsigned and claims no level. Without a handover sheet that
   somebody answers for, the following steps show only that it agrees with itself; anybody could have made or remade it.

   If the directory signatures/ holds files NNNN-*.p7s, somebody signed later. Get the signer's certificate from
   the signer, never out of this directory, save it as /trusted/cert.pem, and run this with the name of each of them:

     openssl cms -verify -binary -purpose any -inform DER -in signatures/NNNN-export.p7s \\
       -content tagmanifest-sha256.txt -CAfile /trusted/cert.pem -out /dev/null
     openssl cms -cmsout -inform DER -outform DER -in signatures/NNNN-export.p7s | cmp - signatures/NNNN-export.p7s

   The first must say "Verification successful", the second must print nothing.

"""

_REST = """\
3. The tag files. Every line must end with OK, and there must be no warning:

     sha256sum --strict -c tagmanifest-sha256.txt

4. The payload. Likewise:

     sha256sum --strict -c manifest-sha256.txt

5. Files that no list names. The first command must print nothing but names that start with signatures/ and four
   digits; the second must print nothing at all:

     { cut -c67- manifest-sha256.txt; cut -c67- tagmanifest-sha256.txt; echo tagmanifest-sha256.txt; } \\
       | LC_ALL=C sort > /tmp/listed
     find . -type f | cut -c3- | LC_ALL=C sort | LC_ALL=C comm -13 /tmp/listed -
     find . ! -type f ! -type d

"""

_FILES = """\
6. One file alone. Every MP4 has its own signature beside it, so that it can travel without the rest:

     openssl cms -verify -binary -purpose any -inform DER -in FILE.mp4.p7s -content FILE.mp4 \\
       -CAfile /trusted/cert.pem -out /dev/null
     openssl cms -cmsout -inform DER -outform DER -in FILE.mp4.p7s | cmp - FILE.mp4.p7s

"""

_PROVES = """\
What this proves: the files are, bit for bit, those that the owner of the key signed. When they were signed is only
claimed. openssl judges the certificate as of today; to judge it as of another day, which is then your assumption, add
-attime with that day in seconds since 1970.

"""

_PROVES_NOTHING = """\
What this proves: nothing about who made the files or when, only that nothing was damaged since by accident. Where the
number is the one on a handover sheet: the files are, bit for bit, those that lay here when the sheet was made. Where
somebody signed later: those that lay here when that key signed.

"""

_TAIL = """\
Where there are files metadata.xml, metadata.jsonl, events.xml or events.csv, they were made of the metadata tracks of
the MP4 files beside them and hold nothing else. This gives the documents of the first such track of a file, one behind
the other, to compare:

     ffmpeg -i FILE.mp4 -map 0:d:0 -c copy -f data -

Where there is a directory data/cartography, its original/ holds the table of cameras as the exporter was given it;
cameras.csv and cameras.geojson were made of that and say the same as each other. They tell where the cameras are said
to stand, and what they are said to see; nobody measured it here. Where a place was computed from other coordinates,
handover.json names the operation ("cartography", "operations"). This gives the same longitude and latitude:

     echo EASTING NORTHING 0 0 | cct -d 9 PIPELINE

The directory is a BagIt bag (RFC 8493); any BagIt tool checks steps 3 and 4. handover.json tells what was asked for,
what came, what is missing, what was assumed, and which level of IEC 62676-2-11 is claimed. With vssx all of this, and
the record against the media, is one command:

     vssx verify --trust /trusted/cert.pem .
"""


def verify_text(*, fingerprint: str = "", subject: str = "") -> bytes:
    """The text for a handover signed by the certificate with this hex SHA-256; for an unsigned one without it."""
    if not fingerprint:
        return (_HEAD + _UNSIGNED + _REST + _PROVES_NOTHING + _TAIL).encode()
    signed = _SIGNED.format(fingerprint=shown_fingerprint(fingerprint), subject=subject)
    return (_HEAD + signed + _REST + _FILES + _PROVES + _TAIL).encode()
