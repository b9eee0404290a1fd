module wakep

go 1.24
