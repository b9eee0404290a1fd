# Functions whose entries refer to themselves, to each other, to a place between entries and beyond the end.
    .text
    .globl _start
_start:
    .fill 16, 1, 0x90
    .type itself, @function
itself:
    .fill 16, 1, 0x90
    .size itself, . - itself
    .type first, @function
first:
    .fill 16, 1, 0x90
    .size first, . - first
    .type second, @function
second:
    .fill 16, 1, 0x90
    .size second, . - second
    .type nowhere, @function
nowhere:
    .fill 16, 1, 0x90
    .size nowhere, . - nowhere
    .type good, @function
good:
    .fill 16, 1, 0x90
    .size good, . - good
end:

    .section .debug_abbrev, "", @progbits
    # 1: a unit with low_pc, high_pc and name; 2: a function that refers within its unit; 3: one that refers to a
    # place of the section; 4: a function with a name
    .byte 1, 0x11, 1, 0x11, 0x01, 0x12, 0x07, 0x03, 0x08, 0, 0
    .byte 2, 0x2e, 0, 0x11, 0x01, 0x12, 0x07, 0x31, 0x13, 0, 0
    .byte 3, 0x2e, 0, 0x11, 0x01, 0x12, 0x07, 0x47, 0x10, 0, 0
    .byte 4, 0x2e, 0, 0x11, 0x01, 0x12, 0x07, 0x03, 0x08, 0, 0
    .byte 0

    .section .debug_info, "", @progbits
unit:
    .long unit_end - unit_body
unit_body:
    .short 4
    .long 0
    .byte 8
    .byte 1
    .quad _start
    .quad end - _start
    .asciz "loops.c"
entry_itself:
    .byte 2
    .quad itself
    .quad 16
    .long entry_itself - unit
entry_first:
    .byte 2
    .quad first
    .quad 16
    .long entry_second - unit
entry_second:
    .byte 3
    .quad second
    .quad 16
    .long entry_first - unit
    .byte 3
    .quad nowhere
    .quad 16
    .long 0x7fffffff
    .byte 4
    .quad good
    .quad 16
    .asciz "as_the_unit_says"
    .byte 0
unit_end:
    .section .note.GNU-stack, "", @progbits
