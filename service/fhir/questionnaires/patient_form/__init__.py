"""A Questionnaire as a form for patients: questions, pages, enabled items, answers entered, and the response."""
