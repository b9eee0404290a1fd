# What perf inject writes for code of a just-in-time compiler: a unit that names its line program and no addresses.
        .text
        .globl jitted
        .type jitted, @function
        .file 1 "script.js"
jitted:
        .loc 1 7
        nop
        nop
        .loc 1 8
        nop
        ret
        .size jitted, .-jitted
        .section .debug_abbrev, "", @progbits
        .uleb128 1, 0x11
        .byte 0
        .uleb128 0x10, 0x17     # DW_AT_stmt_list, DW_FORM_sec_offset
        .byte 0, 0, 0
        .section .debug_info, "", @progbits
        .long .Lend - .Lstart
.Lstart:
        .short 4
        .long .debug_abbrev
        .byte 8
        .uleb128 1
        .long .Lline
.Lend:
        .section .debug_line, "", @progbits
.Lline:
