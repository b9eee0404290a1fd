program nested
  implicit none
  integer :: total
  total = 0
  call work(1000)
  print *, total
contains
  subroutine work(count)
    integer, intent(in) :: count
    integer :: i
    do i = 1, count
      total = mod(total + mix(i), 1000)
    end do
  end subroutine work
  integer function mix(x)
    integer, intent(in) :: x
    mix = mod(x, 100) * mod(x, 77)
  end function mix
end program nested
