"""Questionnaire side of the platform: protocol, sites, cohorts and responses."""
