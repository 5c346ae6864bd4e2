namespace Game.Contracts;

/// <summary>Why a record's value is not what the contract says.</summary>
public enum DecodeError : byte
{
    None,

    /// <summary>The value is empty (a tombstone), but must be a JSON object.</summary>
    Empty,

    /// <summary>More than <see cref="ContractLimits.MaxValueBytes"/>.</summary>
    TooLarge,
    NotUtf8,
    NotJson,
    NotAnObject,
    UnknownType,
    MissingField,
    DuplicateField,
    WrongType,
    OutOfRange,
    TooLong,
    UnknownWord,
}

/// <summary>A decoding error and the name of the field that has it; the name is empty where the error concerns the whole value.</summary>
public readonly record struct DecodeFailure(DecodeError Error, string Field)
{
    public static DecodeFailure None => default;

    public bool IsFailure => Error != DecodeError.None;

    /// <summary>One sentence for logs and dead letters.</summary>
    public override string ToString() => Error switch
    {
        DecodeError.None => "the value is well-formed",
        DecodeError.Empty => "the value is empty",
        DecodeError.TooLarge => $"the value is larger than {ContractLimits.MaxValueBytes} bytes",
        DecodeError.NotUtf8 => "the value is not UTF-8",
        DecodeError.NotJson => "the value is not JSON",
        DecodeError.NotAnObject => "the value is not a JSON object",
        DecodeError.UnknownType => "the field 'type' is neither 'login' nor 'trade'",
        DecodeError.MissingField => $"the field '{Field}' is missing",
        DecodeError.DuplicateField => $"the field '{Field}' is given twice",
        DecodeError.WrongType => $"the field '{Field}' has the wrong JSON type",
        DecodeError.OutOfRange => $"the field '{Field}' is out of range",
        DecodeError.TooLong => $"the field '{Field}' is too long",
        _ => $"the field '{Field}' holds none of its allowed words",
    };
}
