"""Reads and validates Questionnaires, reads QuestionnaireResponses, and checks our rules for submissions."""
