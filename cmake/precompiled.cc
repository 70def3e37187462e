// A target needs a source (Test.cmake).
