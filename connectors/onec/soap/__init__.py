"""Web services of a 1C base over SOAP: hardened calls, and answers decoded from the raw envelope.

zeep reads the description and builds the requests; it never sees an answer (``decoding.py`` says why).
"""
