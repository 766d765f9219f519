module cslack-stream

go 1.26
