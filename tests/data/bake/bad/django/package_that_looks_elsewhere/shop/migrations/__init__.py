__path__.append("/elsewhere")
