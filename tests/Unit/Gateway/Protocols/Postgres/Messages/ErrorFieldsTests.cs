using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Messages;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Messages;

public sealed class ErrorFieldsTests
{
    private static byte[] Error(string fields)
    {
        var buffer = new MessageBuffer();
        buffer.Begin(BackendMessage.ErrorResponse).Bytes(Encoding.UTF8.GetBytes(fields)).Byte(0).End();
        return buffer.Written.ToArray();
    }

    [Fact]
    public void A_position_is_moved_and_everything_else_stays() => Assert.Equal(
        Error("SERROR\0C42703\0Mcolumn \"ä\" does not exist\0P28\0Fparse.c\0"),
        ErrorFields.MovePosition(Error("SERROR\0C42703\0Mcolumn \"ä\" does not exist\0P8\0Fparse.c\0"), 20));

    [Fact]
    public void A_position_in_a_text_the_client_never_sent_is_taken_away() => Assert.Equal(
        Error("SERROR\0C42703\0Mx\0Fparse.c\0"),
        ErrorFields.MovePosition(Error("SERROR\0C42703\0Mx\0P8\0Fparse.c\0"), null));

    [Fact]
    public void An_error_without_a_position_stays_as_it_is()
    {
        var error = Error("SERROR\0C22012\0Mdivision by zero\0");
        Assert.Equal(error, ErrorFields.MovePosition(error, 7));
    }
}
