"""Commands on files with responses: assess, explain, validate. They read and write no database."""
