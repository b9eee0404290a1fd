with Ada.Command_Line;
procedure Nested is
   Count : Integer := Ada.Command_Line.Argument_Count + 3000;
   function Mix (X : Integer) return Integer is
   begin
      return (X mod 100) * (X mod 77);
   end Mix;
   pragma Inline (Mix);
   procedure Work (Result : out Integer) is
   begin
      Result := 0;
      for I in 1 .. Count loop
         Result := (Result + Mix (I)) mod 1000;
      end loop;
   end Work;
   pragma No_Inline (Work);
   Result : Integer;
begin
   Work (Result);
   Ada.Command_Line.Set_Exit_Status (Ada.Command_Line.Exit_Status (Result mod 2));
end Nested;
