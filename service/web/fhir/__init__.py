"""The FHIR interface: interactions/ has one file per interaction, http/ what they share.

https://hl7.org/fhir/R4/http.html
"""
