module compared

go 1.22
