package main

import "flag"

var update = flag.Bool("update", false, "write the generated documents")
